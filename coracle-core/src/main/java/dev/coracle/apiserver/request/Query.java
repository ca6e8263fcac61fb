package dev.coracle.apiserver.request;

import dev.coracle.api.StatusException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A query string's parameters, decoded, and their values read as Kubernetes reads them. Parameters
 * with broken percent-encoding are left out, as Go does.
 */
public final class Query {

  public static final Query EMPTY = new Query(Map.of());

  private final Map<String, List<String>> parameters;

  private Query(Map<String, List<String>> parameters) {
    this.parameters = parameters;
  }

  public static Query parse(String rawQuery) {
    if (rawQuery.isEmpty()) {
      return EMPTY;
    }
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    for (String pair : rawQuery.split("&", -1)) {
      if (pair.isEmpty() || pair.indexOf(';') >= 0) {
        continue;
      }
      int equals = pair.indexOf('=');
      try {
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        parameters.computeIfAbsent(name, key -> new ArrayList<>(1)).add(value);
      } catch (IllegalArgumentException broken) {
        // a parameter that nobody can read is no parameter
      }
    }
    return new Query(parameters);
  }

  /** One value for each name. */
  public static Query of(Map<String, String> values) {
    if (values.isEmpty()) {
      return EMPTY;
    }
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    values.forEach((name, value) -> parameters.put(name, List.of(value)));
    return new Query(parameters);
  }

  private static String decode(String text) {
    return text.indexOf('%') < 0 && text.indexOf('+') < 0
        ? text
        : URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  public boolean isEmpty() {
    return parameters.isEmpty();
  }

  public boolean has(String name) {
    return parameters.containsKey(name);
  }

  /** The first value, or null. */
  public @Nullable String find(String name) {
    List<String> values = parameters.get(name);
    return values == null ? null : values.getFirst();
  }

  /** The first value, or the empty string. */
  public String first(String name) {
    String value = find(name);
    return value == null ? "" : value;
  }

  public List<String> all(String name) {
    return parameters.getOrDefault(name, List.of());
  }

  /** A flag: absent is false, "false" and "0" are false, anything else (even empty) is true. */
  public boolean flag(String name) {
    Boolean value = findFlag(name);
    return value != null && value;
  }

  /** As {@link #flag}, with null for absent. */
  public @Nullable Boolean findFlag(String name) {
    String value = find(name);
    if (value == null) {
      return null;
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "false", "0" -> Boolean.FALSE;
      default -> Boolean.TRUE;
    };
  }

  /**
   * A whole number, or null when absent.
   *
   * @throws StatusException 400 with Go's words
   */
  public @Nullable Long findNumber(String name) {
    String value = find(name);
    if (value == null) {
      return null;
    }
    if (!value.matches("[+-]?[0-9]+")) {
      throw StatusException.badRequest(
          "strconv.ParseInt: parsing " + Text.quote(value) + ": invalid syntax");
    }
    try {
      return Long.valueOf(value.startsWith("+") ? value.substring(1) : value);
    } catch (NumberFormatException e) {
      throw StatusException.badRequest(
          "strconv.ParseInt: parsing " + Text.quote(value) + ": value out of range");
    }
  }

  /** As a query string. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    parameters.forEach(
        (name, values) ->
            values.forEach(
                value ->
                    text.append(text.isEmpty() ? "" : "&")
                        .append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                        .append('=')
                        .append(URLEncoder.encode(value, StandardCharsets.UTF_8))));
    return text.toString();
  }
}
