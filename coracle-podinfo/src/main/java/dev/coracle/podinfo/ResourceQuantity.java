package dev.coracle.podinfo;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;

/**
 * An amount of a resource as Kubernetes writes it ({@code 250m}, {@code 64Mi}, {@code 2}), and as a
 * {@code resourceFieldRef} with a divisor gives it (a whole number).
 *
 * @param value exact, in the resource's base unit: cores or bytes
 */
public record ResourceQuantity(BigDecimal value) {

  private static final Map<String, BigDecimal> SUFFIXES =
      Map.ofEntries(
          Map.entry("n", new BigDecimal("1e-9")),
          Map.entry("u", new BigDecimal("1e-6")),
          Map.entry("m", new BigDecimal("1e-3")),
          Map.entry("k", new BigDecimal("1e3")),
          Map.entry("M", new BigDecimal("1e6")),
          Map.entry("G", new BigDecimal("1e9")),
          Map.entry("T", new BigDecimal("1e12")),
          Map.entry("P", new BigDecimal("1e15")),
          Map.entry("E", new BigDecimal("1e18")),
          Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
          Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
          Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
          Map.entry("Ti", BigDecimal.valueOf(1L << 40)),
          Map.entry("Pi", BigDecimal.valueOf(1L << 50)),
          Map.entry("Ei", BigDecimal.valueOf(1L << 60)));

  /**
   * @throws IllegalArgumentException when it is not a quantity
   */
  public static ResourceQuantity parse(String text) {
    String trimmed = text.strip();
    int end = trimmed.length();
    while (end > 0 && Character.isLetter(trimmed.charAt(end - 1))) {
      end--;
    }
    String suffix = trimmed.substring(end);
    try {
      if (suffix.isEmpty() || trimmed.matches(".*[eE][+-]?[0-9]+")) {
        return new ResourceQuantity(new BigDecimal(trimmed));
      }
      BigDecimal factor = SUFFIXES.get(suffix);
      if (factor != null) {
        return new ResourceQuantity(new BigDecimal(trimmed.substring(0, end)).multiply(factor));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a quantity: " + text, e);
    }
    throw new IllegalArgumentException("not a quantity: " + text);
  }

  /** This many of a unit: what a {@code resourceFieldRef} with this divisor stands for. */
  public static ResourceQuantity of(long count, String divisor) {
    return new ResourceQuantity(parse(divisor).value().multiply(BigDecimal.valueOf(count)));
  }

  /** Whole units, rounded up: bytes of memory, or cores. */
  public long units() {
    return value.setScale(0, RoundingMode.CEILING).longValueExact();
  }

  /** Thousandths, rounded up: millicores. */
  public long milli() {
    return value.movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact();
  }

  /** The CPU time that this many cores give in a span. */
  public Duration cpuTimeIn(Duration span) {
    return Duration.ofNanos(value.multiply(BigDecimal.valueOf(span.toNanos())).longValue());
  }
}
