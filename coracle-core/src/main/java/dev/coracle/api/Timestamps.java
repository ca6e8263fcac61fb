package dev.coracle.api;

import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
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
    Instant usual = ofSeconds(text);
    if (usual != null) {
      return usual;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /** The form that {@link #seconds} writes; null for every other one, and for what is no time. */
  private static @Nullable Instant ofSeconds(String text) {
    if (text.length() != 20
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || text.charAt(10) != 'T'
        || text.charAt(13) != ':'
        || text.charAt(16) != ':'
        || text.charAt(19) != 'Z') {
      return null;
    }
    int year = 100 * number(text, 0) + number(text, 2);
    int month = number(text, 5);
    int day = number(text, 8);
    int hour = number(text, 11);
    int minute = number(text, 14);
    int second = number(text, 17);
    if (year < 1
        || month < 1
        || month > 12
        || day < 1
        || day > YearMonth.of(year, month).lengthOfMonth()
        || hour < 0
        || hour > 23
        || minute < 0
        || minute > 59
        || second < 0
        || second > 59) {
      return null;
    }
    long days = LocalDate.of(year, month, day).toEpochDay();
    return Instant.ofEpochSecond(((days * 24 + hour) * 60 + minute) * 60 + second);
  }

  /** Two digits; far below zero when they are none. */
  private static int number(String text, int at) {
    int tens = text.charAt(at) - '0';
    int ones = text.charAt(at + 1) - '0';
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1_000_000 : 10 * tens + ones;
  }
}
