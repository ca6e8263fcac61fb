package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Write;
import org.jspecify.annotations.Nullable;

/** Makes admission's attributes from writes. */
public final class Admissions {

  private Admissions() {}

  public static AdmissionAttributes of(
      Write write,
      Resource resource,
      Operation operation,
      @Nullable ObjectNode object,
      @Nullable KubeObject old,
      @Nullable ObjectNode options) {
    return ofBody(write, resource, operation, AdmissionAttributes.Body.of(object), old, options);
  }

  static AdmissionAttributes ofBody(
      Write write,
      Resource resource,
      Operation operation,
      AdmissionAttributes.Body body,
      @Nullable KubeObject old,
      @Nullable ObjectNode options) {
    ResourceType type = resource.type();
    ResourceType.Subresource subresource = type.subresources().get(write.subresource());
    return new AdmissionAttributes(
        operation,
        subresource == null ? type.gvk() : subresource.kind(),
        type.gvr(),
        write.subresource(),
        namespace(write),
        write.name(),
        body,
        old,
        options,
        write.context().user(),
        write.dryRun(),
        write.context().warnings(),
        write.context().auditAnnotations());
  }

  /** A request for a Namespace is one in it. */
  private static String namespace(Write write) {
    boolean namespaces =
        write.type().plural().equals("namespaces") && write.type().group().isEmpty();
    return namespaces ? write.name() : write.namespace();
  }

  public static ObjectNode options(String kind, WriteOptions options) {
    ObjectNode node = Json.object().put("kind", kind).put("apiVersion", "meta.k8s.io/v1");
    if (options.dryRun()) {
      node.putArray("dryRun").add("All");
    }
    if (!options.fieldManager().isEmpty()) {
      node.put("fieldManager", options.fieldManager());
    }
    if (!options.fieldValidation().isEmpty()) {
      node.put("fieldValidation", options.fieldValidation());
    }
    return node;
  }

  static ObjectNode options(DeleteOptions options) {
    ObjectNode node =
        Json.object().put("kind", "DeleteOptions").put("apiVersion", "meta.k8s.io/v1");
    if (options.gracePeriodSeconds() != null) {
      node.put("gracePeriodSeconds", options.gracePeriodSeconds());
    }
    if (options.propagationPolicy() != null) {
      node.put("propagationPolicy", options.propagationPolicy());
    }
    if (options.dryRun()) {
      node.putArray("dryRun").add("All");
    }
    return node;
  }
}
