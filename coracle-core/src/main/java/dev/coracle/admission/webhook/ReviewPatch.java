package dev.coracle.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.schema.patch.JsonPatch;

/** The JSON patch of a webhook's answer; what is wrong with it is the server's error (500). */
final class ReviewPatch {

  private final ArrayNode operations;

  private ReviewPatch(ArrayNode operations) {
    this.operations = operations;
  }

  static ReviewPatch parse(byte[] patch) {
    try {
      if (Json.read(patch) instanceof ArrayNode operations) {
        return new ReviewPatch(operations);
      }
      throw StatusException.internal(
          "json: cannot unmarshal object into Go value of type jsonpatch.Patch");
    } catch (IllegalArgumentException e) {
      throw StatusException.internal("invalid JSON patch: " + e.getMessage());
    }
  }

  boolean isEmpty() {
    return operations.isEmpty();
  }

  /** The object with the changes; the given one stays as it is. */
  ObjectNode apply(ObjectNode object) {
    ObjectNode patched = object.deepCopy();
    for (JsonNode operation : operations) {
      ArrayNode one = Json.array().add(operation);
      try {
        patched = JsonPatch.parse(Json.write(one)).apply(patched);
      } catch (StatusException e) {
        throw StatusException.internal(why(operation));
      }
    }
    return patched;
  }

  private static String why(JsonNode operation) {
    String op = operation.path("op").asText("");
    String path = operation.path("path").asText("");
    return switch (op) {
      case "add", "move", "copy" ->
          op + " operation does not apply: doc is missing path: \"" + path + "\": missing value";
      case "remove", "replace" ->
          op + " operation does not apply: doc is missing key: " + path + ": missing value";
      case "test" -> "testing path " + path + " failed: test failed";
      default -> "Unexpected kind: " + op;
    };
  }
}
