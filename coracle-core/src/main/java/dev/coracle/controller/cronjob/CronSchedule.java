package dev.coracle.controller.cronjob;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A cron schedule: five fields (minute, hour, day of month, month, day of week) with {@code *},
 * lists, ranges, steps and English names, or one of {@code @yearly}, {@code @monthly}, {@code
 * @weekly}, {@code @daily}, {@code @hourly} and {@code @every DURATION}.
 */
final class CronSchedule {

  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  private final long minutes;
  private final long hours;
  private final long days;
  private final long months;
  private final long weekdays;
  private final boolean anyDay;
  private final boolean anyWeekday;
  private final @Nullable Duration every;
  private final ZoneId zone;

  private CronSchedule(String[] fields, @Nullable Duration every, ZoneId zone) {
    this.every = every;
    this.zone = zone;
    minutes = field(fields[0], 0, 59, List.of(), 0);
    hours = field(fields[1], 0, 23, List.of(), 0);
    days = field(fields[2], 1, 31, List.of(), 0);
    months = field(fields[3], 1, 12, MONTHS, 1);
    long week = field(fields[4], 0, 7, DAYS, 0);
    weekdays = (week | week >> 7) & 0x7f;
    anyDay = isAny(fields[2]);
    anyWeekday = isAny(fields[4]);
  }

  private static boolean isAny(String field) {
    return field.startsWith("*") || field.startsWith("?");
  }

  /**
   * @throws IllegalArgumentException when it is no schedule
   */
  static CronSchedule parse(String text, ZoneId zone) {
    String trimmed = text.trim();
    String fields =
        switch (trimmed.toLowerCase(Locale.ROOT)) {
          case "@yearly", "@annually" -> "0 0 1 1 *";
          case "@monthly" -> "0 0 1 * *";
          case "@weekly" -> "0 0 * * 0";
          case "@daily", "@midnight" -> "0 0 * * *";
          case "@hourly" -> "0 * * * *";
          default -> trimmed;
        };
    if (fields.startsWith("@every ")) {
      Duration every = duration(fields.substring(7).trim());
      return new CronSchedule("* * * * *".split(" "), every, zone);
    }
    String[] parts = fields.split("\\s+");
    if (parts.length != 5) {
      throw new IllegalArgumentException(
          "expected exactly 5 fields, found " + parts.length + ": [" + text + "]");
    }
    return new CronSchedule(parts, null, zone);
  }

  /** Go's form of a duration, such as {@code 1h30m}. */
  private static Duration duration(String text) {
    try {
      Duration parsed = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
      return parsed.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : parsed;
    } catch (java.time.format.DateTimeParseException e) {
      throw new IllegalArgumentException("failed to parse duration " + text, e);
    }
  }

  private static long field(String text, int least, int most, List<String> names, int offset) {
    long bits = 0;
    for (String part : text.split(",", -1)) {
      String[] step = part.split("/", -1);
      int first;
      int last;
      if (step[0].equals("*") || step[0].equals("?")) {
        first = least;
        last = most == 7 ? 6 : most;
      } else {
        String[] range = step[0].split("-", -1);
        first = number(range[0], names, offset);
        last = range.length > 1 ? number(range[1], names, offset) : first;
        if (range.length == 1 && step.length > 1) {
          last = most;
        }
      }
      int by = step.length > 1 ? number(step[1], List.of(), 0) : 1;
      if (first < least || last > most || first > last || by < 1 || step.length > 2) {
        throw new IllegalArgumentException("illegal field " + text);
      }
      for (int i = first; i <= last; i += by) {
        bits |= 1L << i;
      }
    }
    return bits;
  }

  private static int number(String text, List<String> names, int offset) {
    int named = names.indexOf(text.toLowerCase(Locale.ROOT));
    if (named >= 0) {
      return named + offset;
    }
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("failed to parse number " + text, e);
    }
  }

  /** The first time after an instant; null when there is none in five years. */
  @Nullable Instant next(Instant after) {
    if (every != null) {
      return after.truncatedTo(ChronoUnit.SECONDS).plus(every);
    }
    ZonedDateTime time = after.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
    ZonedDateTime limit = time.plusYears(5);
    while (time.isBefore(limit)) {
      if ((months >> time.getMonthValue() & 1) == 0) {
        time = time.withDayOfMonth(1).truncatedTo(ChronoUnit.DAYS).plusMonths(1);
      } else if (!dayMatches(time)) {
        time = time.truncatedTo(ChronoUnit.DAYS).plusDays(1);
      } else if ((hours >> time.getHour() & 1) == 0) {
        time = time.truncatedTo(ChronoUnit.HOURS).plusHours(1);
      } else if ((minutes >> time.getMinute() & 1) == 0) {
        time = time.plusMinutes(1);
      } else {
        return time.toInstant();
      }
    }
    return null;
  }

  /** When both days are given, either will do. */
  private boolean dayMatches(ZonedDateTime time) {
    boolean day = (days >> time.getDayOfMonth() & 1) != 0;
    boolean weekday = (weekdays >> time.getDayOfWeek().getValue() % 7 & 1) != 0;
    return anyDay || anyWeekday ? day && weekday : day || weekday;
  }

  /**
   * The latest time after {@code since} and not after {@code now}.
   *
   * @param time null when none was due
   * @param missed how many were due, at most 101
   */
  record Due(@Nullable Instant time, int missed) {}

  Due due(Instant since, Instant now) {
    Instant latest = null;
    int missed = 0;
    Instant next = next(since);
    while (next != null && !next.isAfter(now)) {
      latest = next;
      missed++;
      if (missed > 100) {
        // far behind: look back from now instead of walking all the way
        Instant near = now.minus(Duration.ofDays(1));
        if (near.isAfter(next)) {
          Instant candidate = next(near);
          next = candidate != null && !candidate.isAfter(now) ? candidate : next(next);
          continue;
        }
      }
      next = next(next);
    }
    return new Due(latest, missed);
  }
}
