package dev.coracle.schema.validation.workload;

import dev.coracle.schema.validation.field.FieldErrors;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The syntax of a CronJob's schedule: five fields (minute, hour, day of month, month, day of week)
 * or a descriptor such as {@code @daily}. Errors have the words of the parser that Kubernetes uses.
 */
public final class CronSyntax {

  private record Bounds(int least, int most, Map<String, Integer> names) {}

  private static final Map<String, Integer> MONTHS =
      Map.ofEntries(
          Map.entry("jan", 1),
          Map.entry("feb", 2),
          Map.entry("mar", 3),
          Map.entry("apr", 4),
          Map.entry("may", 5),
          Map.entry("jun", 6),
          Map.entry("jul", 7),
          Map.entry("aug", 8),
          Map.entry("sep", 9),
          Map.entry("oct", 10),
          Map.entry("nov", 11),
          Map.entry("dec", 12));
  private static final Map<String, Integer> DAYS =
      Map.of("sun", 0, "mon", 1, "tue", 2, "wed", 3, "thu", 4, "fri", 5, "sat", 6);
  private static final Bounds[] FIELDS = {
    new Bounds(0, 59, Map.of()),
    new Bounds(0, 23, Map.of()),
    new Bounds(1, 31, Map.of()),
    new Bounds(1, 12, MONTHS),
    new Bounds(0, 6, DAYS)
  };
  private static final Set<String> DESCRIPTORS =
      Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");

  private CronSyntax() {}

  /** What is wrong with a schedule, or the empty string. */
  public static String check(String schedule) {
    String text = schedule;
    if (text.startsWith("TZ=") || text.startsWith("CRON_TZ=")) {
      int space = text.indexOf(' ');
      text = space < 0 ? "" : text.substring(space).strip();
    }
    if (text.startsWith("@")) {
      return descriptor(text);
    }
    String[] fields = text.isBlank() ? new String[0] : text.strip().split("\\s+");
    if (fields.length != FIELDS.length) {
      return "expected exactly 5 fields, found "
          + fields.length
          + ": ["
          + String.join(" ", fields)
          + "]";
    }
    try {
      for (int i = 0; i < fields.length; i++) {
        for (String part : fields[i].split(",")) {
          range(part, FIELDS[i]);
        }
      }
      return "";
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String descriptor(String text) {
    if (DESCRIPTORS.contains(text)) {
      return "";
    }
    if (text.startsWith("@every ")) {
      String duration = text.substring("@every ".length());
      return duration.matches("([0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|m|h))+")
          ? ""
          : "failed to parse duration "
              + text
              + ": time: invalid duration "
              + FieldErrors.quoted(duration);
    }
    return "unrecognized descriptor: " + text;
  }

  private static void range(String expression, Bounds bounds) {
    String[] stepped = expression.split("/", -1);
    String[] ends = stepped[0].split("-", -1);
    int first;
    int last;
    boolean single = ends.length == 1;
    if (ends[0].equals("*") || ends[0].equals("?")) {
      first = bounds.least();
      last = bounds.most();
    } else {
      first = number(ends[0], bounds);
      if (ends.length > 2) {
        throw new IllegalArgumentException("too many hyphens: " + expression);
      }
      last = single ? first : number(ends[1], bounds);
    }
    int step = 1;
    if (stepped.length == 2) {
      step = number(stepped[1], new Bounds(0, 0, Map.of()));
      if (single && !ends[0].equals("*") && !ends[0].equals("?")) {
        last = bounds.most();
      }
    } else if (stepped.length > 2) {
      throw new IllegalArgumentException("too many slashes: " + expression);
    }
    if (first < bounds.least()) {
      throw new IllegalArgumentException(
          "beginning of range ("
              + first
              + ") below minimum ("
              + bounds.least()
              + "): "
              + expression);
    }
    if (last > bounds.most()) {
      throw new IllegalArgumentException(
          "end of range (" + last + ") above maximum (" + bounds.most() + "): " + expression);
    }
    if (first > last) {
      throw new IllegalArgumentException(
          "beginning of range (" + first + ") beyond end of range (" + last + "): " + expression);
    }
    if (step == 0) {
      throw new IllegalArgumentException(
          "step of range should be a positive number: " + expression);
    }
  }

  private static int number(String text, Bounds bounds) {
    Integer named = bounds.names().get(text.toLowerCase(Locale.ROOT));
    if (named != null) {
      return named;
    }
    try {
      int number = Integer.parseInt(text);
      if (number < 0) {
        throw new IllegalArgumentException("negative number (" + number + ") not allowed: " + text);
      }
      return number;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "failed to parse int from "
              + text
              + ": strconv.Atoi: parsing "
              + FieldErrors.quoted(text)
              + ": invalid syntax",
          e);
    }
  }
}
