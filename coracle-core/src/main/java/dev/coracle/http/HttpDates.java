package dev.coracle.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/** The value of the Date header (RFC 9110, 5.6.7), made once a second. */
final class HttpDates {

  private static final String DAYS = "MonTueWedThuFriSatSun";
  private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

  private record Known(long second, String text) {}

  private static volatile Known known = new Known(0, "");

  private HttpDates() {}

  static String now() {
    long second = System.currentTimeMillis() / 1000;
    Known current = known;
    if (current.second != second) {
      current = new Known(second, format(Instant.ofEpochSecond(second).atZone(ZoneOffset.UTC)));
      known = current;
    }
    return current.text;
  }

  static String format(ZonedDateTime time) {
    StringBuilder text = new StringBuilder(29);
    text.append(name(DAYS, time.getDayOfWeek().getValue())).append(", ");
    twoDigits(text, time.getDayOfMonth()).append(' ');
    text.append(name(MONTHS, time.getMonthValue())).append(' ').append(time.getYear()).append(' ');
    twoDigits(text, time.getHour()).append(':');
    twoDigits(text, time.getMinute()).append(':');
    return twoDigits(text, time.getSecond()).append(" GMT").toString();
  }

  private static String name(String names, int number) {
    return names.substring(3 * number - 3, 3 * number);
  }

  private static StringBuilder twoDigits(StringBuilder text, int number) {
    return text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }
}
