package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;

/** Writes of {@code status}. */
public final class Statuses {

  private Statuses() {}

  /**
   * Replaces the status of an object when the new one says anything else.
   *
   * @return the object with that status
   * @throws dev.coracle.api.StatusException 409 when the object is not the stored one any more
   */
  public static KubeObject write(
      Client client, GroupVersionResource resource, KubeObject object, ObjectNode status) {
    if (Trees.same(status, object.at("status"))) {
      return object;
    }
    ObjectNode tree = object.mutableTree();
    tree.set("status", status);
    return client.updateStatus(resource, object.namespace(), object.name(), tree);
  }
}
