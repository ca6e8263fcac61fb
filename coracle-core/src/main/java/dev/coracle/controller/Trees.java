package dev.coracle.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Small questions about JSON trees. */
public final class Trees {

  private Trees() {}

  /** Whether two trees say the same; numbers compare by value. */
  public static boolean same(JsonNode one, JsonNode other) {
    if (one.isMissingNode() || other.isMissingNode()) {
      return one.size() == 0 && other.size() == 0;
    }
    return one.equals(
        (a, b) -> {
          if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue());
          }
          return a.equals(b) ? 0 : 1;
        },
        other);
  }

  /** Puts a number, or leaves the field out when it is zero, as {@code omitempty} does. */
  public static void putUnlessZero(ObjectNode node, String field, long value) {
    if (value == 0) {
      node.remove(field);
    } else {
      node.put(field, value);
    }
  }

  /**
   * An {@code IntOrString} as a number of {@code total}.
   *
   * @param fallback the value when it is missing
   */
  public static int scaled(JsonNode value, int fallback, int total, boolean roundUp) {
    if (value.isMissingNode() || value.isNull()) {
      return fallback;
    }
    String text = value.asText();
    if (!text.endsWith("%")) {
      return value.asInt();
    }
    try {
      long percent = Long.parseLong(text.substring(0, text.length() - 1));
      long product = percent * total;
      return (int) (roundUp ? Math.ceilDiv(product, 100L) : Math.floorDiv(product, 100L));
    } catch (NumberFormatException e) {
      return fallback;
    }
  }
}
