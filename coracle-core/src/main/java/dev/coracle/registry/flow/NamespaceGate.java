package dev.coracle.registry.flow;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Write;
import java.util.List;
import java.util.function.Supplier;

/** Nothing is created in a namespace that does not exist or is being deleted. */
public final class NamespaceGate {

  private final ObjectStore objects;
  private final Supplier<Resource> namespaces;

  public NamespaceGate(ObjectStore objects, Supplier<Resource> namespaces) {
    this.objects = objects;
    this.namespaces = namespaces;
  }

  void requireOpen(Resource resource, Write write) {
    ResourceType type = resource.type();
    if (!type.namespaced() || resource.cache() == null) {
      return;
    }
    KubeObject namespace = objects.find(namespaces.get(), "", write.namespace());
    if (namespace == null) {
      throw StatusException.notFound("", "namespaces", write.namespace());
    }
    if (!namespace.isDeleting()) {
      return;
    }
    String why =
        "unable to create new content in namespace "
            + write.namespace()
            + " because it is being terminated";
    StatusException refused =
        StatusException.forbidden(type.group(), type.plural(), write.name(), why);
    throw new StatusException(
        new Status(
            403,
            "Forbidden",
            refused.status().message(),
            new Status.Details(
                write.name(),
                type.group(),
                type.plural(),
                "",
                List.of(
                    new StatusCause(
                        "NamespaceTerminating",
                        "namespace " + write.namespace() + " is being terminated",
                        "metadata.namespace")),
                0)));
  }
}
