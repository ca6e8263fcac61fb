package dev.coracle.network;

/**
 * An IPv4 network (RFC 4632), such as {@code 10.244.0.0/24}.
 *
 * @param address the first address, as a number
 * @param prefixLength 0 to 32
 */
public record Ipv4Network(int address, int prefixLength) {

  /**
   * @throws IllegalArgumentException when it is not an IPv4 network in CIDR form
   */
  public static Ipv4Network parse(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException(cidr + " is not a network such as 10.244.0.0/24");
    }
    int length = Integer.parseInt(cidr.substring(slash + 1));
    if (length < 0 || length > 32) {
      throw new IllegalArgumentException(cidr + " has no prefix length from 0 to 32");
    }
    return new Ipv4Network(address(cidr.substring(0, slash)) & mask(length), length);
  }

  /** An address as a number. */
  public static int address(String dotted) {
    String[] parts = dotted.split("\\.", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException(dotted + " is not an IPv4 address");
    }
    int value = 0;
    for (String part : parts) {
      int number = Integer.parseInt(part);
      if (number < 0 || number > 255) {
        throw new IllegalArgumentException(dotted + " is not an IPv4 address");
      }
      value = (value << 8) | number;
    }
    return value;
  }

  public static String dotted(int address) {
    return ((address >>> 24) & 255)
        + "."
        + ((address >>> 16) & 255)
        + "."
        + ((address >>> 8) & 255)
        + "."
        + (address & 255);
  }

  private static int mask(int length) {
    return length == 0 ? 0 : -1 << (32 - length);
  }

  /** How many addresses it has. */
  public long size() {
    return 1L << (32 - prefixLength);
  }

  /** The n-th address, dotted. */
  public String at(long index) {
    return dotted((int) (address + index));
  }

  public boolean contains(int other) {
    return (other & mask(prefixLength)) == address;
  }

  public boolean overlaps(Ipv4Network other) {
    return contains(other.address) || other.contains(address);
  }

  /** The network of the same size that follows. */
  public Ipv4Network next() {
    return new Ipv4Network((int) (address + size()), prefixLength);
  }

  @Override
  public String toString() {
    return dotted(address) + "/" + prefixLength;
  }
}
