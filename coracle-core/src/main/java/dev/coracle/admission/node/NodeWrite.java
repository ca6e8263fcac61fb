package dev.coracle.admission.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;

/**
 * What a node wants to write.
 *
 * @param node its name
 */
record NodeWrite(AdmissionAttributes attributes, String node) {

  StatusException refused(String why) {
    return StatusException.forbidden(
        attributes.resource().group(), attributes.resource().resource(), attributes.name(), why);
  }

  /** The object's name, which a create has in its body only. */
  String name() {
    ObjectNode object = attributes.object();
    return attributes.operation() == Operation.CREATE && object != null
        ? object.path("metadata").path("name").asText("")
        : attributes.name();
  }

  ObjectNode object() {
    ObjectNode object = attributes.object();
    if (object == null) {
      throw refused("unexpected type <nil>");
    }
    return object;
  }

  JsonNode old() {
    KubeObject object = attributes.oldObject();
    if (object == null) {
      throw refused("unexpected type <nil>");
    }
    return object.tree();
  }

  /** Semantic equality: absent and empty are the same. */
  static boolean same(JsonNode one, JsonNode other) {
    return one.equals(other) || (one.isEmpty() && other.isEmpty());
  }

  static String quoted(String text) {
    return '"' + text + '"';
  }
}
