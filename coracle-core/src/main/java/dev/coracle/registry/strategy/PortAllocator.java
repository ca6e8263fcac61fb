package dev.coracle.registry.strategy;

import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The node ports and which Service holds which. One Service may have the same number for several
 * protocols.
 *
 * <p>Guarded by its owner.
 */
final class PortAllocator {

  private final int first;
  private final int last;
  private final RandomGenerator random;
  private final Map<Integer, String> holders = new HashMap<>();

  PortAllocator(int first, int last, RandomGenerator random) {
    this.first = first;
    this.last = last;
    this.random = random;
  }

  String range() {
    return first + "-" + last;
  }

  boolean contains(int port) {
    return port >= first && port <= last;
  }

  boolean take(int port, String holder) {
    String known = holders.putIfAbsent(port, holder);
    return known == null || known.equals(holder);
  }

  void release(int port, String holder) {
    holders.remove(port, holder);
  }

  /** A free port, or 0 when there is none; it is not taken yet. */
  int free() {
    int count = last - first + 1;
    int start;
    synchronized (random) {
      start = random.nextInt(count);
    }
    for (int i = 0; i < count; i++) {
      int port = first + (start + i) % count;
      if (!holders.containsKey(port)) {
        return port;
      }
    }
    return 0;
  }
}
