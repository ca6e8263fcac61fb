package dev.coracle.registry.strategy;

import dev.coracle.api.Cidr;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A range of cluster IPs. Addresses that are given out without being asked for come from its upper
 * part first, as in Kubernetes (KEP-3070). The network's first address and, for IPv4, its last are
 * never used.
 */
record AddressRange(Cidr network) {

  AddressRange(String cidr) {
    this(Cidr.parse(cidr));
  }

  /** How many addresses Services may have. */
  private long size() {
    long all = 1L << Math.min(network.hostBits(), 62);
    return Math.max(0, network.isIpv6() ? all - 1 : all - 2);
  }

  /** Whether a Service may have the address. */
  boolean offers(String ip) {
    long at = network.offset(ip);
    return at >= 1 && at <= size();
  }

  /**
   * An address that nobody has, or null when there is none.
   *
   * @param most how many addresses may be taken, here and elsewhere
   */
  @Nullable String free(Predicate<String> taken, long most, RandomGenerator random) {
    long size = size();
    long reserved = Math.min(Math.max(16, size / 16), 256);
    long lower = size > reserved ? reserved : 0;
    String found = freeIn(lower + 1, size, taken, most, random);
    return found != null ? found : freeIn(1, lower, taken, most, random);
  }

  private @Nullable String freeIn(
      long first, long last, Predicate<String> taken, long most, RandomGenerator random) {
    long count = last - first + 1;
    if (count <= 0) {
      return null;
    }
    long start;
    synchronized (random) {
      start = random.nextLong(count);
    }
    long tries = Math.min(count, most + 1);
    for (long i = 0; i < tries; i++) {
      String ip = network.address(first + (start + i) % count);
      if (!taken.test(ip)) {
        return ip;
      }
    }
    return null;
  }
}
