package dev.coracle.admission.plugins;

import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Nothing is made in a namespace that does not exist or is being deleted, and the namespaces that a
 * cluster needs can't be deleted.
 */
public final class NamespaceLifecycle implements AdmissionPlugin {

  private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");

  /** What may be asked about a namespace that is being deleted. */
  private static final Set<String> ACCESS_REVIEWS =
      Set.of("localsubjectaccessreviews", "subjectaccessreviews", "selfsubjectaccessreviews");

  private final Supplier<Client> client;

  public NamespaceLifecycle(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "NamespaceLifecycle";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    boolean isNamespace =
        attributes.kind().kind().equals("Namespace") && attributes.kind().group().isEmpty();
    if (isNamespace) {
      if (attributes.operation() == Operation.DELETE && IMMORTAL.contains(attributes.name())) {
        throw StatusException.forbidden(
            "", "namespaces", attributes.name(), "this namespace may not be deleted");
      }
      return;
    }
    if (attributes.namespace().isEmpty()
        || attributes.operation() != Operation.CREATE
        || ACCESS_REVIEWS.contains(attributes.resource().resource())) {
      return;
    }
    KubeObject namespace =
        client.get().find(GroupVersionResource.core("namespaces"), "", attributes.namespace());
    if (namespace == null) {
      throw StatusException.notFound("", "namespaces", attributes.namespace());
    }
    if (namespace.isDeleting() || namespace.text("status", "phase").equals("Terminating")) {
      throw terminating(attributes);
    }
  }

  private static StatusException terminating(AdmissionAttributes attributes) {
    String group = attributes.resource().group();
    String resource = attributes.resource().resource();
    String why =
        "unable to create new content in namespace "
            + attributes.namespace()
            + " because it is being terminated";
    StatusCause cause =
        new StatusCause(
            "NamespaceTerminating",
            "namespace " + attributes.namespace() + " is being terminated",
            "metadata.namespace");
    return new StatusException(
        new Status(
            403,
            "Forbidden",
            StatusException.forbidden(group, resource, attributes.name(), why).status().message(),
            new Status.Details(attributes.name(), group, resource, "", List.of(cause), 0)));
  }
}
