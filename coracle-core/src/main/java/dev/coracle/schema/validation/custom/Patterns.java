package dev.coracle.schema.validation.custom;

import com.google.re2j.Pattern;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Regular expressions of schemas, compiled once: RE2's, as Go's, so that none runs away. */
final class Patterns {

  private static final int MOST = 1_000;
  private static final Map<String, Pattern> KNOWN = new ConcurrentHashMap<>();

  private Patterns() {}

  /**
   * @throws com.google.re2j.PatternSyntaxException when it is none
   */
  static Pattern of(String pattern) {
    Pattern known = KNOWN.get(pattern);
    if (known == null) {
      known = Pattern.compile(pattern);
      if (KNOWN.size() < MOST) {
        KNOWN.put(pattern, known);
      }
    }
    return known;
  }
}
