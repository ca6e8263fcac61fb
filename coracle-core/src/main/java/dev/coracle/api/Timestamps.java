package dev.coracle.api;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** RFC 3339 as Kubernetes writes it: {@code Time} in seconds, {@code MicroTime} in microseconds. */
public final class Timestamps {

  private Timestamps() {}

  /** Such as {@code 2026-01-02T03:04:05Z}; fractions of a second are cut off. */
  public static String seconds(Instant instant) {
    return date(instant).append('Z').toString();
  }

  /** Such as {@code 2026-01-02T03:04:05.000006Z}. */
  public static String micros(Instant instant) {
    StringBuilder text = date(instant).append('.');
    int micros = instant.getNano() / 1000;
    for (int unit = 100_000; unit > 0; unit /= 10) {
      text.append((char) ('0' + micros / unit % 10));
    }
    return text.append('Z').toString();
  }

  private static StringBuilder date(Instant instant) {
    var time = instant.atOffset(ZoneOffset.UTC);
    StringBuilder text = new StringBuilder(27);
    int year = time.getYear();
    for (int limit = 1000; limit > year; limit /= 10) {
      text.append('0');
    }
    text.append(year);
    two(text.append('-'), time.getMonthValue());
    two(text.append('-'), time.getDayOfMonth());
    two(text.append('T'), time.getHour());
    two(text.append(':'), time.getMinute());
    two(text.append(':'), time.getSecond());
    return text;
  }

  private static void two(StringBuilder text, int number) {
    text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }

  /** The instant that an RFC 3339 text names, or null when it names none. */
  public static @Nullable Instant parse(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
