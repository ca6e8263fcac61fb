package dev.coracle.client;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Ranges of IPv4 addresses. */
public final class AddressPool {

  /** No addresses at all. */
  public static final AddressPool EMPTY = new AddressPool("", List.of());

  /** From one to another, both included. */
  private record Range(long first, long last) {}

  private final String text;
  private final List<Range> ranges;

  private AddressPool(String text, List<Range> ranges) {
    this.text = text;
    this.ranges = List.copyOf(ranges);
  }

  /**
   * Reads a list such as {@code 192.0.2.8/29,192.0.2.20-192.0.2.30,192.0.2.40}.
   *
   * @throws IllegalArgumentException with a sentence when it is none
   */
  public static AddressPool parse(String text) {
    List<Range> ranges = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      ranges.add(range(part.strip()));
    }
    return new AddressPool(text, ranges);
  }

  private static Range range(String part) {
    int slash = part.indexOf('/');
    int dash = part.indexOf('-');
    if (slash > 0) {
      int bits = bits(part, part.substring(slash + 1));
      long size = 1L << (32 - bits);
      long first = number(part, part.substring(0, slash)) / size * size;
      return new Range(first, first + size - 1);
    }
    long first = number(part, dash > 0 ? part.substring(0, dash) : part);
    long last = dash > 0 ? number(part, part.substring(dash + 1)) : first;
    if (last < first) {
      throw new IllegalArgumentException(part + " ends before it begins");
    }
    return new Range(first, last);
  }

  private static int bits(String part, String text) {
    try {
      int bits = Integer.parseInt(text);
      if (bits >= 8 && bits <= 32) {
        return bits;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(part + " is no range of IPv4 addresses", e);
    }
    throw new IllegalArgumentException(part + " must have a prefix of 8 to 32 bits");
  }

  private static long number(String part, String address) {
    try {
      // 1.2.3 would be one of the older forms, for 1.2.0.3
      if (address.chars().filter(c -> c == '.').count() == 3
          && InetAddress.ofLiteral(address) instanceof Inet4Address ip) {
        long number = 0;
        for (byte one : ip.getAddress()) {
          number = number << 8 | one & 0xff;
        }
        return number;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(part + " is no range of IPv4 addresses", e);
    }
    throw new IllegalArgumentException(part + " is no range of IPv4 addresses");
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  /**
   * @param address anything; what is no IPv4 address is not contained
   */
  public boolean contains(String address) {
    long number;
    try {
      number = number(address, address);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return ranges.stream().anyMatch(range -> range.first <= number && number <= range.last);
  }

  /** The first address that is free; null when none is. */
  public @Nullable String first(Predicate<String> free) {
    for (Range range : ranges) {
      for (long number = range.first; number <= range.last; number++) {
        String address =
            (number >> 24)
                + "."
                + (number >> 16 & 0xff)
                + "."
                + (number >> 8 & 0xff)
                + "."
                + (number & 0xff);
        if (free.test(address)) {
          return address;
        }
      }
    }
    return null;
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
