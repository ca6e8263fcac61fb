package dev.coracle.node.simulated;

import dev.coracle.api.Cidr;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The addresses of simulated nodes and their Pods: 10.128.0.0/10, or what the nodes were given, of
 * which nothing is routed.
 */
final class Addresses {

  /** A range, and the offset that was given last. */
  private static final class Range {
    final Cidr network;
    long last;

    Range(String text) {
      network = Cidr.parse(text);
    }
  }

  private final Set<String> taken = new HashSet<>();
  private final Map<String, Range> ranges = new HashMap<>();

  static String ofNode(int number) {
    return "10.190." + number / 250 + "." + (number % 250 + 1);
  }

  static String podRange(int number) {
    return "10." + (128 + number / 256) + "." + number % 256 + ".0/24";
  }

  /** The next free address of a node's range; its last when all are taken. */
  synchronized String next(String text) {
    Range range = ranges.computeIfAbsent(text, Range::new);
    long most = Math.max(1, range.network.size() - 2);
    for (long i = 0; i < most; i++) {
      range.last = range.last % most + 1;
      String address = range.network.address(range.last);
      if (taken.add(address)) {
        return address;
      }
    }
    return range.network.address(most);
  }

  /** An address that a Pod has already. */
  synchronized void take(String address) {
    taken.add(address);
  }

  synchronized void release(String address) {
    taken.remove(address);
  }
}
