package dev.coracle.node.simulated;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The addresses of simulated nodes and their Pods: 10.128.0.0/10, of which nothing is routed. */
final class Addresses {

  private static final int PER_NODE = 254;

  private final Map<String, BitSet> taken = new HashMap<>();
  private final Map<String, Integer> last = new HashMap<>();

  static String ofNode(int number) {
    return "10.190." + number / 250 + "." + (number % 250 + 1);
  }

  static String podRange(int number) {
    return prefix(number) + "0/24";
  }

  private static String prefix(int number) {
    return "10." + (128 + number / 256) + "." + number % 256 + ".";
  }

  /** The next free address of a node's range (a /24). */
  synchronized String next(String range) {
    BitSet used = taken.computeIfAbsent(prefixOf(range), unused -> new BitSet());
    int from = last.getOrDefault(range, 0) % PER_NODE + 1;
    int host = used.nextClearBit(from);
    if (host > PER_NODE) {
      host = used.nextClearBit(1);
    }
    used.set(host);
    last.put(range, host);
    return prefixOf(range) + Math.min(host, 255);
  }

  /** An address that a Pod has already. */
  synchronized void take(String address) {
    int dot = address.lastIndexOf('.') + 1;
    if (dot > 0) {
      taken
          .computeIfAbsent(address.substring(0, dot), unused -> new BitSet())
          .set(Integer.parseInt(address.substring(dot)));
    }
  }

  synchronized void release(String address) {
    int dot = address.lastIndexOf('.') + 1;
    BitSet used = dot > 0 ? taken.get(address.substring(0, dot)) : null;
    if (used != null) {
      used.clear(Integer.parseInt(address.substring(dot)));
    }
  }

  private static String prefixOf(String range) {
    return range.substring(0, range.lastIndexOf('.') + 1);
  }
}
