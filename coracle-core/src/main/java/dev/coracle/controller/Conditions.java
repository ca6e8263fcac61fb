package dev.coracle.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Reading and writing {@code status.conditions}: one entry per type. */
public final class Conditions {

  private Conditions() {}

  /**
   * @param conditions the array; may be missing
   */
  public static @Nullable JsonNode find(JsonNode conditions, String type) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return null;
  }

  public static boolean isTrue(JsonNode conditions, String type) {
    JsonNode condition = find(conditions, type);
    return condition != null && condition.path("status").asText().equals("True");
  }

  public static void remove(ArrayNode conditions, String type) {
    for (int i = conditions.size() - 1; i >= 0; i--) {
      if (conditions.get(i).path("type").asText().equals(type)) {
        conditions.remove(i);
      }
    }
  }

  /**
   * Sets a condition; its {@code lastTransitionTime} changes only with its status.
   *
   * @param now RFC 3339
   * @return the entry, for further fields
   */
  public static ObjectNode set(
      ArrayNode conditions, String type, String status, String reason, String message, String now) {
    for (JsonNode condition : conditions) {
      if (condition instanceof ObjectNode known && known.path("type").asText().equals(type)) {
        if (!known.path("status").asText().equals(status)) {
          known.put("lastTransitionTime", now);
        }
        return describe(known.put("status", status), reason, message);
      }
    }
    ObjectNode added = conditions.addObject().put("type", type).put("status", status);
    added.put("lastTransitionTime", now);
    return describe(added, reason, message);
  }

  private static ObjectNode describe(ObjectNode condition, String reason, String message) {
    if (reason.isEmpty()) {
      condition.remove("reason");
    } else {
      condition.put("reason", reason);
    }
    if (message.isEmpty()) {
      condition.remove("message");
    } else {
      condition.put("message", message);
    }
    return condition;
  }
}
