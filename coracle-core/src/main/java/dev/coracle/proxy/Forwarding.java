package dev.coracle.proxy;

import dev.coracle.http.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Which header fields go on to the other side. */
final class Forwarding {

  private Forwarding() {}

  /** All fields but those that concern one connection only (RFC 9110, 7.6.1), and the host. */
  static Headers fields(Headers all, boolean answer) {
    List<String> named = List.of();
    for (int i = 0; i < all.size(); i++) {
      if (all.nameAt(i).equalsIgnoreCase("connection")) {
        named = named.isEmpty() ? new ArrayList<>() : named;
        for (String element : all.valueAt(i).split(",", -1)) {
          named.add(element.trim().toLowerCase(Locale.ROOT));
        }
      }
    }
    Headers fields = new Headers();
    for (int i = 0; i < all.size(); i++) {
      String lower = all.nameAt(i).toLowerCase(Locale.ROOT);
      if (!isOfOneConnection(lower)
          && !named.contains(lower)
          && !(answer && lower.startsWith("access-control-allow-"))) {
        fields.add(all.nameAt(i), all.valueAt(i));
      }
    }
    return fields;
  }

  private static boolean isOfOneConnection(String lower) {
    return switch (lower) {
      case "connection",
          "content-length",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "expect" ->
          true;
      default -> false;
    };
  }
}
