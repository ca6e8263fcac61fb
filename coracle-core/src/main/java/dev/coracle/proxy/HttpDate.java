package dev.coracle.proxy;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** Dates as HTTP writes them (RFC 9110, 5.6.7), without the JDK's formatters and their classes. */
final class HttpDate {

  private static final String DAYS = "MonTueWedThuFriSatSun";
  private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

  private HttpDate() {}

  static String now() {
    return of(System.currentTimeMillis());
  }

  static String of(long milliseconds) {
    LocalDateTime time =
        LocalDateTime.ofEpochSecond(Math.floorDiv(milliseconds, 1000L), 0, ZoneOffset.UTC);
    int day = 3 * (time.getDayOfWeek().getValue() - 1);
    int month = 3 * (time.getMonthValue() - 1);
    StringBuilder text = new StringBuilder(29).append(DAYS, day, day + 3).append(", ");
    two(text, time.getDayOfMonth()).append(' ').append(MONTHS, month, month + 3).append(' ');
    text.append(time.getYear()).append(' ');
    two(text, time.getHour()).append(':');
    two(text, time.getMinute()).append(':');
    return two(text, time.getSecond()).append(" GMT").toString();
  }

  /**
   * @return milliseconds; {@link Long#MIN_VALUE} for what is no date of the usual form
   */
  static long parse(String text) {
    if (text.length() != 29 || !text.endsWith(" GMT")) {
      return Long.MIN_VALUE;
    }
    int month = MONTHS.indexOf(text.substring(8, 11));
    try {
      return month < 0 || month % 3 != 0
          ? Long.MIN_VALUE
          : LocalDateTime.of(
                      Integer.parseInt(text.substring(12, 16)),
                      month / 3 + 1,
                      Integer.parseInt(text.substring(5, 7)),
                      Integer.parseInt(text.substring(17, 19)),
                      Integer.parseInt(text.substring(20, 22)),
                      Integer.parseInt(text.substring(23, 25)))
                  .toEpochSecond(ZoneOffset.UTC)
              * 1000;
    } catch (NumberFormatException | DateTimeException e) {
      return Long.MIN_VALUE;
    }
  }

  private static StringBuilder two(StringBuilder text, int number) {
    return text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }
}
