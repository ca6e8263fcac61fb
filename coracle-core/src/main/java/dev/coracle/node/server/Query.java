package dev.coracle.node.server;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The query of a request: of one name the last value counts; one without a value has the empty one.
 */
record Query(Map<String, List<String>> values) {

  static Query of(String raw) {
    Map<String, List<String>> query = new LinkedHashMap<>();
    for (String pair : raw.split("&")) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        query
            .computeIfAbsent(
                URLDecoder.decode(name, StandardCharsets.UTF_8), n -> new ArrayList<>())
            .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
    }
    return new Query(query);
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  String one(String name) {
    List<String> all = all(name);
    return all.isEmpty() ? "" : all.getLast();
  }

  boolean isSet(String name) {
    String value = one(name);
    return value.equals("true") || value.equals("1");
  }

  /** -1 for none, or {@code all}. */
  long number(String name) {
    String value = one(name);
    return value.isEmpty() || value.equals("all") ? -1 : Long.parseLong(value);
  }
}
