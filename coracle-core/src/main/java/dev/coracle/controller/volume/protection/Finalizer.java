package dev.coracle.controller.volume.protection;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.function.BooleanSupplier;

/**
 * One protection finalizer of one resource.
 *
 * @param client as the controller that keeps it
 */
record Finalizer(Client client, GroupVersionResource resource, String name) {

  /** What is due for an object. */
  enum Due {
    NOTHING,
    ADD,
    /** It goes as soon as nobody uses the object. */
    REMOVE
  }

  static Due due(KubeObject object, String finalizer) {
    boolean has = object.finalizers().contains(finalizer);
    if (object.isDeleting()) {
      return has ? Due.REMOVE : Due.NOTHING;
    }
    return has ? Due.NOTHING : Due.ADD;
  }

  /**
   * Gives or takes the finalizer.
   *
   * @param used whether something uses the object now
   */
  void sync(KubeObject object, BooleanSupplier used) {
    switch (due(object, name)) {
      case NOTHING -> {}
      case ADD -> write(object, true);
      case REMOVE -> {
        if (!used.getAsBoolean()) {
          write(object, false);
        }
      }
    }
  }

  private void write(KubeObject object, boolean add) {
    ObjectNode tree = object.mutableTree();
    ObjectNode metadata = tree.withObject("/metadata");
    ArrayNode finalizers = metadata.putArray("finalizers");
    object.finalizers().stream()
        .filter(finalizer -> !finalizer.equals(name))
        .forEach(finalizers::add);
    if (add) {
      finalizers.add(name);
    }
    try {
      client.update(resource, object.namespace(), object.name(), tree);
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
