package dev.coracle.schema.table;

import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;

/** Ages for people, as Kubernetes' HumanDuration: {@code 45s}, {@code 7m12s}, {@code 3d4h}. */
public final class Ages {

  static final String UNKNOWN = "<unknown>";

  private Ages() {}

  /** How long ago an RFC 3339 time was; {@code <unknown>} for none. */
  public static String since(String timestamp, Instant now) {
    Instant then = Timestamps.parse(timestamp);
    return then == null ? UNKNOWN : human(Duration.between(then, now));
  }

  public static String human(Duration duration) {
    long millis = duration.toMillis();
    long seconds = millis / 1000;
    if (seconds < -1) {
      return "<invalid>";
    }
    if (seconds < 0 || millis < 0) {
      return "0s";
    }
    if (seconds < 120) {
      return seconds + "s";
    }
    long minutes = seconds / 60;
    if (minutes < 10) {
      return two(minutes, "m", seconds % 60, "s");
    }
    if (minutes < 180) {
      return minutes + "m";
    }
    long hours = minutes / 60;
    if (hours < 8) {
      return two(hours, "h", minutes % 60, "m");
    }
    if (hours < 48) {
      return hours + "h";
    }
    long days = hours / 24;
    if (hours < 24 * 8) {
      return two(days, "d", hours % 24, "h");
    }
    if (hours < 24 * 365 * 2) {
      return days + "d";
    }
    if (hours < 24 * 365 * 8) {
      return two(days / 365, "y", days % 365, "d");
    }
    return days / 365 + "y";
  }

  private static String two(long large, String largeUnit, long small, String smallUnit) {
    return small == 0 ? large + largeUnit : large + largeUnit + small + smallUnit;
  }
}
