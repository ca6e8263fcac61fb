package dev.coracle.api;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them, which flags and configuration files of Kubernetes use. */
public final class Durations {

  private static final Pattern PART =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  private Durations() {}

  /**
   * Reads {@code 1h30m}, {@code 2m}, {@code 0}.
   *
   * @param field for the error
   * @throws IllegalArgumentException when it is none
   */
  public static Duration parse(String field, String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher matcher = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int at = 0;
    while (matcher.find() && matcher.start() == at) {
      BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(unit(matcher.group(2)));
      sum = sum.plusNanos(nanos.longValueExact());
      at = matcher.end();
    }
    if (at == 0 || at != text.length()) {
      throw new IllegalArgumentException(
          field + ": time: invalid duration \"" + text + "\"; write it like 10m or 1h30m");
    }
    return sum;
  }

  private static BigDecimal unit(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "us", "µs" -> 1_000L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          default -> 3_600_000_000_000L;
        });
  }
}
