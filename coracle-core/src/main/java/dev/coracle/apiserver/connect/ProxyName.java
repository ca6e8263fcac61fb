package dev.coracle.apiserver.connect;

import org.jspecify.annotations.Nullable;

/**
 * The name part of a proxy path: {@code name}, {@code name:port}, {@code scheme:name:port} or
 * {@code scheme:name:}.
 *
 * @param scheme empty when not given
 * @param port a number or a name; empty when not given
 */
record ProxyName(String scheme, String name, String port) {

  /** Null when it has no such form. */
  static @Nullable ProxyName parse(String text) {
    String[] parts = text.split(":", -1);
    return switch (parts.length) {
      case 1 -> valid("", parts[0], "");
      case 2 -> valid("", parts[0], parts[1]);
      case 3 -> valid(parts[0], parts[1], parts[2]);
      default -> null;
    };
  }

  private static @Nullable ProxyName valid(String scheme, String name, String port) {
    boolean known = scheme.isEmpty() || scheme.equals("http") || scheme.equals("https");
    return known && !name.isEmpty() ? new ProxyName(scheme, name, port) : null;
  }

  boolean https() {
    return scheme.equals("https");
  }

  /** The port as a number, or -1. */
  int number() {
    return port.matches("[0-9]{1,5}") ? Integer.parseInt(port) : -1;
  }
}
