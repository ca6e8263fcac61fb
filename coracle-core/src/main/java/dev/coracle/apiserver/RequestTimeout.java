package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a request may take: the {@code timeout} of its query, a duration as Go writes it, but
 * never longer than the server's own limit.
 */
final class RequestTimeout {

  /** kube-apiserver's default of {@code --request-timeout}. */
  static final Duration MOST = Duration.ofSeconds(60);

  private static final String NUMBER = "(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)";
  private static final String UNIT = "(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)";
  private static final Pattern PART = Pattern.compile("(" + NUMBER + ")(" + UNIT + ")");
  private static final Pattern WHOLE = Pattern.compile("(?:" + NUMBER + UNIT + ")+");
  private static final Pattern UNITLESS = Pattern.compile("(?:" + NUMBER + UNIT + ")*" + NUMBER);
  private static final int LONGEST = 64;

  private RequestTimeout() {}

  /**
   * @return zero or less when the time is over before it began
   * @throws StatusException 400 when the query's timeout is none
   */
  static Duration of(RequestInfo info, Query query) {
    String timeout = query.first("timeout");
    if (timeout.isEmpty() || LongRunning.is(info)) {
      return MOST;
    }
    boolean negative = timeout.charAt(0) == '-';
    String value = negative || timeout.charAt(0) == '+' ? timeout.substring(1) : timeout;
    if (value.equals("0")) {
      return MOST;
    }
    if (value.length() > LONGEST || !WHOLE.matcher(value).matches()) {
      throw invalid(
          value.length() <= LONGEST && UNITLESS.matcher(value).matches()
              ? "missing unit in duration "
              : "invalid duration ",
          timeout);
    }
    BigDecimal nanoseconds = nanoseconds(value);
    if (nanoseconds.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw invalid("invalid duration ", timeout);
    }
    Duration asked = Duration.ofNanos(nanoseconds.longValue());
    if (asked.isZero() || (!negative && asked.compareTo(MOST) > 0)) {
      return MOST;
    }
    return negative ? Duration.ZERO : asked;
  }

  private static BigDecimal nanoseconds(String value) {
    BigDecimal sum = BigDecimal.ZERO;
    Matcher part = PART.matcher(value);
    while (part.find()) {
      String number = part.group(1);
      BigDecimal amount =
          new BigDecimal(number.endsWith(".") ? number.substring(0, number.length() - 1) : number);
      sum = sum.add(amount.multiply(BigDecimal.valueOf(nanosecondsOf(part.group(2)))));
    }
    return sum;
  }

  private static long nanosecondsOf(String unit) {
    return switch (unit) {
      case "ns" -> 1L;
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      case "h" -> 3_600_000_000_000L;
      default -> 1_000L;
    };
  }

  private static StatusException invalid(String why, String timeout) {
    return StatusException.badRequest(
        "invalid timeout specified in the request URL - time: " + why + Text.quote(timeout));
  }
}
