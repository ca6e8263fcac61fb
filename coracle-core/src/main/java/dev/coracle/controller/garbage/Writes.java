package dev.coracle.controller.garbage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.controller.garbage.Graph.Item;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the collector does to objects: each only as long as the object is the one that it looked at.
 */
final class Writes {

  private final Client client;

  Writes(Client client) {
    this.client = client;
  }

  /** Takes owners out of an object's references. */
  void detach(Item item, KubeObject object, List<String> uids) {
    ObjectNode patch = Json.object();
    ArrayNode kept = precondition(patch, object).putArray("ownerReferences");
    object
        .at("metadata", "ownerReferences")
        .forEach(
            reference -> {
              if (!uids.contains(reference.path("uid").asText())) {
                kept.add(reference);
              }
            });
    patch(item, patch);
  }

  void removeFinalizer(Item item, KubeObject object, String finalizer) {
    ObjectNode patch = Json.object();
    ArrayNode kept = precondition(patch, object).putArray("finalizers");
    for (String name : object.finalizers()) {
      if (!name.equals(finalizer)) {
        kept.add(name);
      }
    }
    patch(item, patch);
  }

  /**
   * Breaks a circle of objects that wait for each other: this one no longer holds its owners.
   *
   * @return the object as it is now; null when it is gone
   */
  @Nullable KubeObject unblock(Item item, KubeObject object) {
    ObjectNode patch = Json.object();
    ArrayNode references = precondition(patch, object).putArray("ownerReferences");
    for (JsonNode reference : object.at("metadata", "ownerReferences")) {
      ObjectNode copy = reference.deepCopy();
      references.add(copy.put("blockOwnerDeletion", false));
    }
    return patch(item, patch);
  }

  private static ObjectNode precondition(ObjectNode patch, KubeObject object) {
    return patch
        .putObject("metadata")
        .put("uid", object.uid())
        .put("resourceVersion", Long.toString(object.resourceVersion()));
  }

  /** Null when there is nothing to patch any more. */
  private @Nullable KubeObject patch(Item item, ObjectNode patch) {
    try {
      return client.patch(
          item.resource(),
          item.namespace(),
          item.name(),
          "",
          PatchType.MERGE,
          patch,
          WriteOptions.NONE);
    } catch (StatusException e) {
      if (e.isNotFound()) {
        return null;
      }
      throw e;
    }
  }

  /** Deletes an object that is still what was looked at. */
  void delete(Item item, KubeObject object, String policy) {
    try {
      client.delete(
          item.resource(),
          item.namespace(),
          item.name(),
          new DeleteOptions(
              false, null, policy, object.uid(), Long.toString(object.resourceVersion())));
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
