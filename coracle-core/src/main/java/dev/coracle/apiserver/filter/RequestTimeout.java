package dev.coracle.apiserver.filter;

import dev.coracle.api.Durations;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.request.Query;
import dev.coracle.apiserver.request.Text;
import java.time.Duration;

/**
 * How long a request may take: the {@code timeout} of its query, a duration as Go writes it, but
 * never longer than the server's own limit.
 */
public final class RequestTimeout {

  private static final int LONGEST = 64;

  private RequestTimeout() {}

  /**
   * @throws StatusException 400 when the query's timeout is none
   */
  static void check(RequestInfo info, Query query) {
    of(info, query, Duration.ZERO);
  }

  /**
   * @param most the server's limit
   * @return zero or less when the time is over before it began
   * @throws StatusException 400 when the query's timeout is none
   */
  public static Duration of(RequestInfo info, Query query, Duration most) {
    String timeout = query.first("timeout");
    if (timeout.isEmpty() || LongRunning.is(info)) {
      return most;
    }
    boolean negative = timeout.charAt(0) == '-';
    String value = negative || timeout.charAt(0) == '+' ? timeout.substring(1) : timeout;
    Duration asked = parse(value, timeout);
    if (asked.isZero() || (!negative && asked.compareTo(most) > 0)) {
      return most;
    }
    return negative ? Duration.ZERO : asked;
  }

  private static Duration parse(String value, String timeout) {
    if (value.length() > LONGEST) {
      throw invalid("invalid duration ", timeout);
    }
    try {
      return Durations.parse("timeout", value);
    } catch (IllegalArgumentException | ArithmeticException e) {
      boolean digitLast =
          !value.isEmpty() && "0123456789.".contains(value.substring(value.length() - 1));
      throw invalid(
          digitLast && isDuration(value + "s") ? "missing unit in duration " : "invalid duration ",
          timeout);
    }
  }

  private static boolean isDuration(String text) {
    try {
      return !Durations.parse("timeout", text).isNegative();
    } catch (IllegalArgumentException | ArithmeticException e) {
      return false;
    }
  }

  private static StatusException invalid(String why, String timeout) {
    return StatusException.badRequest(
        "invalid timeout specified in the request URL - time: " + why + Text.quote(timeout));
  }
}
