package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import java.util.regex.Pattern;

/** The {@code timeout} of a request's query: a duration as Go writes it. */
final class RequestTimeout {

  private static final String NUMBER = "(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)";
  private static final String UNIT = "(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)";

  private RequestTimeout() {}

  /**
   * @throws StatusException 400 when it is none
   */
  static void check(RequestInfo info, Query query) {
    String timeout = query.first("timeout");
    if (timeout.isEmpty() || timeout.equals("0") || info.verb().equals("watch")) {
      return;
    }
    String value =
        timeout.charAt(0) == '-' || timeout.charAt(0) == '+' ? timeout.substring(1) : timeout;
    if (value.equals("0") || Pattern.matches("(?:" + NUMBER + UNIT + ")+", value)) {
      return;
    }
    boolean unitless = Pattern.matches("(?:" + NUMBER + UNIT + ")*" + NUMBER, value);
    throw StatusException.badRequest(
        "invalid timeout specified in the request URL - time: "
            + (unitless ? "missing unit in" : "invalid")
            + " duration "
            + Text.quote(timeout));
  }
}
