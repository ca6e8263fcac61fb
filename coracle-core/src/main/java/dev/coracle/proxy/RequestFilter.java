package dev.coracle.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which requests pass. The host's check is what keeps pages of other sites (cross-site requests,
 * DNS rebinding) away from the API.
 */
final class RequestFilter {

  private static final int MOST_STEPS = 1_000_000;

  private final List<Pattern> acceptHosts;
  private final List<Pattern> acceptPaths;
  private final List<Pattern> rejectPaths;
  private final List<Pattern> rejectMethods;
  private final boolean disabled;

  /**
   * @throws IllegalArgumentException naming an expression that is not one
   */
  RequestFilter(ProxyOptions options) {
    acceptHosts = expressions(options.acceptHosts());
    acceptPaths = expressions(options.acceptPaths());
    rejectPaths = expressions(options.rejectPaths());
    rejectMethods = expressions(options.rejectMethods());
    disabled = options.disableFilter();
  }

  private static List<Pattern> expressions(String text) {
    try {
      List<Pattern> patterns = new ArrayList<>();
      for (String expression : text.split(",", -1)) {
        patterns.add(Pattern.compile(expression));
      }
      return patterns;
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "not a regular expression: " + e.getPattern() + ": " + e.getDescription(), e);
    }
  }

  /**
   * @param path decoded, without the API prefix
   * @param authority of the request, with or without a port
   */
  boolean accepts(String method, String path, String authority) {
    if (disabled) {
      return true;
    }
    try {
      return matches(host(authority), acceptHosts)
          && !matches(path, rejectPaths)
          && !matches(method, rejectMethods)
          && matches(path, acceptPaths);
    } catch (TooLongException e) {
      return false;
    }
  }

  /** Says that a text took too many steps. */
  private static final class TooLongException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooLongException() {
      super("", null, false, false);
    }
  }

  /**
   * A text that is looked at for so long only: Java's expressions may go back and forth over it,
   * and one client's path must not hold up all others.
   */
  private static final class Limited implements CharSequence {
    private final String text;
    private int steps = MOST_STEPS;

    Limited(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (--steps < 0) {
        throw new TooLongException();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private static boolean matches(String text, List<Pattern> patterns) {
    for (Pattern pattern : patterns) {
      if (pattern.matcher(new Limited(text)).find()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The authority without its port. As in kubectl, an IPv6 address keeps its brackets only where no
   * port follows: the default expressions accept {@code [::1]}, not {@code [::1]:8001}.
   */
  static String host(String authority) {
    int colon = authority.lastIndexOf(':');
    if (colon < 0 || authority.endsWith("]")) {
      return authority;
    }
    if (authority.startsWith("[")) {
      return authority.indexOf(']') == colon - 1 ? authority.substring(1, colon - 1) : authority;
    }
    return authority.indexOf(':') == colon ? authority.substring(0, colon) : authority;
  }
}
