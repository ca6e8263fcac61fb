package dev.coracle.api;

import java.math.BigInteger;
import java.net.InetAddress;

/** A network of IPv4 or IPv6 addresses, such as {@code 10.96.0.0/16}. Nothing is ever resolved. */
public final class Cidr {

  private final int bits;
  private final int prefix;
  private final BigInteger base;

  private Cidr(int bits, int prefix, BigInteger address) {
    this.bits = bits;
    this.prefix = prefix;
    int host = bits - prefix;
    this.base = address.shiftRight(host).shiftLeft(host);
  }

  /**
   * Reads a network; bits beyond its prefix are ignored.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("invalid CIDR address: " + text);
    }
    byte[] address = InetAddress.ofLiteral(text.substring(0, slash)).getAddress();
    int prefix = Integer.parseInt(text.substring(slash + 1));
    int bits = address.length * 8;
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException("invalid CIDR address: " + text);
    }
    return new Cidr(bits, prefix, new BigInteger(1, address));
  }

  public boolean isIpv6() {
    return bits == 128;
  }

  public int prefix() {
    return prefix;
  }

  /** How many bits there are behind the prefix. */
  public int hostBits() {
    return bits - prefix;
  }

  /** Whether the address is one of this network; false for what is no address. */
  public boolean contains(String ip) {
    return offset(ip) >= 0;
  }

  /** Whether all addresses of the other network are in this one. */
  public boolean contains(Cidr other) {
    return bits == other.bits
        && prefix <= other.prefix
        && other.base.shiftRight(hostBits()).equals(base.shiftRight(hostBits()));
  }

  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /**
   * Where the address is in this network, from 0 on; -1 when it is not, or is too far for a number.
   */
  public long offset(String ip) {
    byte[] address;
    try {
      address = InetAddress.ofLiteral(ip).getAddress();
    } catch (IllegalArgumentException e) {
      return -1;
    }
    if (address.length * 8 != bits) {
      return -1;
    }
    BigInteger number = new BigInteger(1, address).subtract(base);
    boolean outside = number.signum() < 0 || number.bitLength() > Math.min(hostBits(), 62);
    return outside ? -1 : number.longValue();
  }

  /** The address at an offset, in the form that Go writes. */
  public String address(long offset) {
    return text(base.add(BigInteger.valueOf(offset)), bits);
  }

  /** How many addresses there are; at most 2^62. */
  public long size() {
    return 1L << Math.min(hostBits(), 62);
  }

  /** The network of the same size that follows. */
  public Cidr next() {
    return new Cidr(bits, prefix, base.add(BigInteger.ONE.shiftLeft(hostBits())));
  }

  /** How many networks with a longer prefix this one has; at most 2^62. */
  public long subnets(int longer) {
    return longer < prefix ? 0 : 1L << Math.min(longer - prefix, 62);
  }

  /** The network with a longer prefix at an index. */
  public Cidr subnet(long index, int longer) {
    return new Cidr(bits, longer, base.add(BigInteger.valueOf(index).shiftLeft(bits - longer)));
  }

  /**
   * Which of this network's subnets of a prefix the other network begins in; -1 when it is not in
   * this one.
   */
  public long indexOf(Cidr other, int longer) {
    if (!contains(other)) {
      return -1;
    }
    BigInteger index = other.base.subtract(base).shiftRight(bits - longer);
    return index.bitLength() > 62 ? -1 : index.longValue();
  }

  /** An address in the one form that Go writes (RFC 5952). */
  public static String text(byte[] address) {
    return text(new BigInteger(1, address), address.length * 8);
  }

  /** An address in the form that Go writes (RFC 5952). */
  public static String text(InetAddress address) {
    byte[] bytes = address.getAddress();
    return text(new BigInteger(1, bytes), bytes.length * 8);
  }

  private static String text(BigInteger number, int bits) {
    return bits == 32 ? ipv4(number.longValue()) : ipv6(number);
  }

  private static String ipv4(long number) {
    return (number >> 24 & 255)
        + "."
        + (number >> 16 & 255)
        + "."
        + (number >> 8 & 255)
        + "."
        + (number & 255);
  }

  /** The longest run of zeros, of two groups or more, is left out. */
  private static String ipv6(BigInteger number) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = number.shiftRight(112 - 16 * i).intValue() & 0xffff;
    }
    int start = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == start) {
        text.append("::");
        i += length - 1;
      } else {
        text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
            .append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Cidr network
        && network.bits == bits
        && network.prefix == prefix
        && network.base.equals(base);
  }

  @Override
  public int hashCode() {
    return base.hashCode() * 31 + prefix;
  }

  @Override
  public String toString() {
    return text(base, bits) + "/" + prefix;
  }
}
