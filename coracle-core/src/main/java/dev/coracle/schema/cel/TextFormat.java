package dev.coracle.schema.cel;

import dev.cel.runtime.CelEvaluationException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code 'of %d'.format([3])}: the verbs %s %d %f %e %b %x %X %o %%, of the strings extension. */
final class TextFormat {

  private static final int DIGITS = 6;

  private TextFormat() {}

  static String format(String pattern, List<?> arguments) throws CelEvaluationException {
    StringBuilder text = new StringBuilder();
    int next = 0;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%') {
        text.append(c);
        continue;
      }
      i++;
      int digits = DIGITS;
      if (i < pattern.length() && pattern.charAt(i) == '.') {
        int start = ++i;
        while (i < pattern.length() && Character.isDigit(pattern.charAt(i))) {
          i++;
        }
        digits = i == start ? DIGITS : Integer.parseInt(pattern, start, Math.min(i, start + 3), 10);
      }
      if (i >= pattern.length()) {
        throw Functions.failure("unexpected end of format string");
      }
      char verb = pattern.charAt(i);
      if (verb == '%') {
        text.append('%');
        continue;
      }
      if (next >= arguments.size()) {
        throw Functions.failure("index " + next + " out of range");
      }
      text.append(verb(verb, arguments.get(next++), digits));
    }
    return text.toString();
  }

  private static String verb(char verb, Object value, int digits) throws CelEvaluationException {
    return switch (verb) {
      case 's' -> plain(value);
      case 'd' -> decimal(value);
      case 'f' -> number(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
      case 'e' -> String.format(Locale.ROOT, "%." + digits + "e", number(value));
      case 'b' ->
          value instanceof Boolean flag ? (flag ? "1" : "0") : Long.toBinaryString(whole(value));
      case 'o' -> Long.toOctalString(whole(value));
      case 'x' -> hexadecimal(value);
      case 'X' -> hexadecimal(value).toUpperCase(Locale.ROOT);
      default ->
          throw Functions.failure(
              "could not parse formatting clause: unrecognized formatting clause \"" + verb + "\"");
    };
  }

  private static String hexadecimal(Object value) throws CelEvaluationException {
    if (value instanceof String text) {
      StringBuilder all = new StringBuilder();
      for (byte one : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
        all.append(String.format(Locale.ROOT, "%02x", one));
      }
      return all.toString();
    }
    return Long.toHexString(whole(value));
  }

  private static String decimal(Object value) throws CelEvaluationException {
    return value instanceof Number ? plain(value) : Long.toString(whole(value));
  }

  private static long whole(Object value) throws CelEvaluationException {
    if (value instanceof Long number) {
      return number;
    }
    throw Functions.failure(
        "error during formatting: only integers can be formatted as such, was given " + value);
  }

  private static BigDecimal number(Object value) throws CelEvaluationException {
    if (value instanceof Number number) {
      return new BigDecimal(number.toString());
    }
    throw Functions.failure("error during formatting: only numbers can be formatted as such");
  }

  /** A value as {@code %s} writes it. */
  static String plain(Object value) {
    return switch (value) {
      case Double number -> {
        String text = new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
        yield text;
      }
      case List<?> items -> {
        StringBuilder text = new StringBuilder("[");
        for (Object item : items) {
          text.append(text.length() == 1 ? "" : ", ").append(plain(item));
        }
        yield text.append(']').toString();
      }
      case Map<?, ?> map -> {
        StringBuilder text = new StringBuilder("{");
        map.entrySet().stream()
            .sorted((a, b) -> plain(a.getKey()).compareTo(plain(b.getKey())))
            .forEach(
                entry ->
                    text.append(text.length() == 1 ? "" : ", ")
                        .append(plain(entry.getKey()))
                        .append(": ")
                        .append(plain(entry.getValue())));
        yield text.append('}').toString();
      }
      case java.time.Duration duration ->
          BigDecimal.valueOf(duration.toNanos(), 9).stripTrailingZeros().toPlainString() + "s";
      default -> value.toString();
    };
  }

  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
