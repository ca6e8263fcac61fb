package dev.coracle.proxy;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which requests pass. The host's check is what keeps pages of other sites (cross-site requests,
 * DNS rebinding) away from the API.
 */
final class RequestFilter {

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
      return Arrays.stream(text.split(",", -1)).map(Pattern::compile).toList();
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
    return !matches(path, rejectPaths)
        && !matches(method, rejectMethods)
        && matches(path, acceptPaths)
        && matches(host(authority), acceptHosts);
  }

  private static boolean matches(String text, List<Pattern> patterns) {
    for (Pattern pattern : patterns) {
      if (pattern.matcher(text).find()) {
        return true;
      }
    }
    return false;
  }

  /** The authority without its port; an IPv6 address keeps its brackets. */
  static String host(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
  }
}
