package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;

/** Fields that hold a number or a string: ports by name, amounts in percent. */
public final class IntOrString {

  private IntOrString() {}

  /** Whether it is a string of digits that ends with a percent sign. */
  public static boolean isPercent(JsonNode node) {
    if (!node.isTextual()) {
      return false;
    }
    String text = node.textValue();
    int last = text.length() - 1;
    if (last < 1 || text.charAt(last) != '%') {
      return false;
    }
    for (int i = 0; i < last; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /**
   * The number, or the percentage of {@code total} rounded up or down.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static int scaled(JsonNode node, int total, boolean roundUp) {
    if (node.isIntegralNumber()) {
      return node.intValue();
    }
    if (!isPercent(node)) {
      throw new IllegalArgumentException(
          "invalid value for IntOrString: invalid type: string is not a percentage");
    }
    String text = node.textValue();
    long product = Long.parseLong(text.substring(0, text.length() - 1)) * total;
    return (int) (roundUp ? Math.ceilDiv(product, 100L) : Math.floorDiv(product, 100L));
  }

  /** {@link #scaled} of what is there, or of {@code otherwise} percent when nothing is. */
  public static int scaledOr(JsonNode node, int total, boolean roundUp, int otherwise) {
    if (!node.isMissingNode() && !node.isNull()) {
      return scaled(node, total, roundUp);
    }
    long product = (long) otherwise * total;
    return (int) (roundUp ? Math.ceilDiv(product, 100L) : Math.floorDiv(product, 100L));
  }
}
