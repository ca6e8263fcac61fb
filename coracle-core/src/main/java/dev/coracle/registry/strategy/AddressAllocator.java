package dev.coracle.registry.strategy;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The cluster IPs of one range, and which Service holds which. Addresses that are given out without
 * being asked for come from the upper part of the range first, as in Kubernetes (KEP-3070). The
 * network's first address and, for IPv4, its last are never used.
 *
 * <p>Guarded by its owner.
 */
final class AddressAllocator {

  private final String cidr;
  private final BigInteger base;
  private final int length;
  private final long size;
  private final RandomGenerator random;
  private final Map<String, String> holders = new HashMap<>();

  AddressAllocator(String cidr, RandomGenerator random) {
    this.cidr = cidr;
    this.random = random;
    int slash = cidr.indexOf('/');
    byte[] address = bytes(cidr.substring(0, slash));
    length = address.length;
    int prefix = Integer.parseInt(cidr.substring(slash + 1));
    int hostBits = length * 8 - prefix;
    base = new BigInteger(1, address).shiftRight(hostBits).shiftLeft(hostBits);
    long all = hostBits >= 62 ? 1L << 62 : 1L << hostBits;
    size = Math.max(0, length == 4 ? all - 2 : all - 1);
  }

  String cidr() {
    return cidr;
  }

  boolean isIpv6() {
    return length == 16;
  }

  boolean contains(String ip) {
    long at = indexOf(ip);
    return at >= 1 && at <= size;
  }

  @Nullable String holder(String ip) {
    return holders.get(canonical(ip));
  }

  /**
   * @return false when another holds it
   */
  boolean take(String ip, String holder) {
    String key = canonical(ip);
    String known = holders.putIfAbsent(key, holder);
    return known == null || known.equals(holder);
  }

  void release(String ip, String holder) {
    holders.remove(canonical(ip), holder);
  }

  /** A free address, or null when there is none; it is not taken yet. */
  @Nullable String free() {
    long reserved = Math.min(Math.max(16, size / 16), 256);
    long lower = size > reserved ? reserved : 0;
    String found = freeIn(lower + 1, size);
    return found != null ? found : freeIn(1, lower);
  }

  private @Nullable String freeIn(long first, long last) {
    long count = last - first + 1;
    if (count <= 0) {
      return null;
    }
    long start;
    synchronized (random) {
      start = random.nextLong(count);
    }
    long most = Math.min(count, holders.size() + 1L);
    for (long i = 0; i < most; i++) {
      String ip = at(first + (start + i) % count);
      if (!holders.containsKey(ip)) {
        return ip;
      }
    }
    return null;
  }

  private String at(long index) {
    byte[] number = base.add(BigInteger.valueOf(index)).toByteArray();
    byte[] address = new byte[length];
    for (int i = 0; i < Math.min(number.length, length); i++) {
      address[length - 1 - i] = number[number.length - 1 - i];
    }
    try {
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private long indexOf(String ip) {
    byte[] address;
    try {
      address = bytes(ip);
    } catch (IllegalArgumentException e) {
      return -1;
    }
    if (address.length != length) {
      return -1;
    }
    BigInteger offset = new BigInteger(1, address).subtract(base);
    return offset.signum() < 0 || offset.bitLength() > 62 ? -1 : offset.longValue();
  }

  private static String canonical(String ip) {
    try {
      return InetAddress.ofLiteral(ip).getHostAddress();
    } catch (IllegalArgumentException e) {
      return ip;
    }
  }

  private static byte[] bytes(String ip) {
    return InetAddress.ofLiteral(ip).getAddress();
  }
}
