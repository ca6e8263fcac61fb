package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.registry.Meta;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The owners that an object names: each once. */
final class OwnerReferences {

  private OwnerReferences() {}

  /** Leaves out what is there twice in what a client sent. */
  static void dedup(ObjectNode object, List<String> warnings) {
    dedup(object, "", warnings);
  }

  /**
   * Leaves out what is there twice after the admission plugins and webhooks that change objects.
   */
  static void dedupAdmitted(ObjectNode object, List<String> warnings) {
    dedup(object, " after mutating admission happens", warnings);
  }

  private static void dedup(ObjectNode object, String when, List<String> warnings) {
    JsonNode references = Meta.of(object).path("ownerReferences");
    if (references.size() < 2) {
      return;
    }
    Set<JsonNode> seen = new HashSet<>();
    ArrayNode kept = Json.array();
    List<String> twice = new ArrayList<>(0);
    for (JsonNode reference : references) {
      if (seen.add(reference)) {
        kept.add(reference);
      } else {
        twice.add(reference.path("uid").asText());
      }
    }
    if (twice.isEmpty()) {
      return;
    }
    Meta.of(object).set("ownerReferences", kept);
    String warning =
        ".metadata.ownerReferences contains duplicate entries"
            + when
            + "; API server dedups owner references in 1.20+, and may reject such requests as early"
            + " as 1.24; please fix your requests; duplicate UID(s) observed: "
            + String.join(", ", twice);
    if (!warnings.contains(warning)) {
      warnings.add(warning);
    }
  }
}
