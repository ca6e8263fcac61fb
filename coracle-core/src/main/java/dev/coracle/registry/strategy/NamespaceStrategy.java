package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;

/**
 * Namespaces: active until deleted, then terminating until everything in them is gone, which {@code
 * spec.finalizers} stands for and the finalize subresource says.
 */
final class NamespaceStrategy implements Strategy {

  private static final String KUBERNETES = "kubernetes";

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    ObjectNode metadata = Meta.of(object);
    String name = Meta.text(metadata, "name");
    if (!name.isEmpty()) {
      Meta.child(metadata, "labels").put("kubernetes.io/metadata.name", name);
    }
    ObjectNode spec = Meta.child(object, "spec");
    ArrayNode finalizers =
        spec.get("finalizers") instanceof ArrayNode there ? there : spec.putArray("finalizers");
    if (!Meta.strings(finalizers).contains(KUBERNETES)) {
      finalizers.add(KUBERNETES);
    }
    object.putObject("status").put("phase", "Active");
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    if (write.subresource().equals("finalize")) {
      JsonNode finalizers = object.path("spec").path("finalizers");
      ObjectNode metadata = Meta.of(object);
      metadata.setAll((ObjectNode) old.mutableTree().path("metadata"));
      Meta.restore(object, old.tree(), "status");
      ObjectNode spec = Meta.child(object, "spec");
      spec.removeAll();
      if (!finalizers.isEmpty()) {
        spec.set("finalizers", finalizers);
      }
      return;
    }
    Meta.restore(object, old.tree(), "spec");
  }

  @Override
  public boolean keptBySpec(ObjectNode object) {
    return !object.path("spec").path("finalizers").isEmpty();
  }

  @Override
  public void prepareForDeletion(Write write, ObjectNode object) {
    Meta.child(object, "status").put("phase", "Terminating");
  }
}
