package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;

import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import dev.coracle.api.Cidr;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Kubernetes' IP and CIDR libraries. */
final class AddressFunctions {

  private static final Pattern IPV4 =
      Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

  private AddressFunctions() {}

  /** A network; the address may have bits beyond the prefix. */
  private record Network(InetAddress address, int prefix) {

    boolean contains(InetAddress other) {
      byte[] bytes = other.getAddress();
      return bytes.length == address.getAddress().length
          && Arrays.equals(masked(bytes, prefix), masked(address.getAddress(), prefix));
    }

    @Override
    public String toString() {
      return Cidr.text(address) + "/" + prefix;
    }
  }

  static void add(Functions functions) {
    CelType ip = functions.type("net.IP", InetAddress.class);
    CelType cidr = functions.type("net.CIDR", Network.class);
    functions.global("ip", ip, call -> address(call[0]), STRING);
    functions.global("isIP", BOOL, call -> parse((String) call[0]) != null, STRING);
    functions.global(
        "ip.isCanonical", BOOL, call -> Cidr.text(address(call[0])).equals(call[0]), STRING);
    functions.global("string", STRING, call -> Cidr.text(of(call[0])), ip);
    functions.member("family", INT, call -> of(call[0]) instanceof Inet4Address ? 4L : 6L, ip);
    functions.member("isUnspecified", BOOL, call -> of(call[0]).isAnyLocalAddress(), ip);
    functions.member("isLoopback", BOOL, call -> of(call[0]).isLoopbackAddress(), ip);
    functions.member(
        "isLinkLocalMulticast",
        BOOL,
        call -> {
          byte[] bytes = of(call[0]).getAddress();
          return bytes.length == 4
              ? (bytes[0] & 0xff) == 224 && bytes[1] == 0 && bytes[2] == 0
              : of(call[0]).isMCLinkLocal();
        },
        ip);
    functions.member("isLinkLocalUnicast", BOOL, call -> of(call[0]).isLinkLocalAddress(), ip);
    functions.member("isGlobalUnicast", BOOL, call -> isGlobalUnicast(of(call[0])), ip);
    functions.global("cidr", cidr, call -> network(call[0]), STRING);
    functions.global("isCIDR", BOOL, call -> parseNetwork((String) call[0]) != null, STRING);
    functions.global("string", STRING, call -> call[0].toString(), cidr);
    functions.member(
        "containsIP", BOOL, call -> ((Network) call[0]).contains(address(call[1])), cidr, STRING);
    functions.member(
        "containsIP", BOOL, call -> ((Network) call[0]).contains(of(call[1])), cidr, ip);
    functions.member(
        "containsCIDR", BOOL, call -> contains((Network) call[0], network(call[1])), cidr, STRING);
    functions.member(
        "containsCIDR", BOOL, call -> contains((Network) call[0], (Network) call[1]), cidr, cidr);
    functions.member("ip", ip, call -> ((Network) call[0]).address(), cidr);
    functions.member("prefixLength", INT, call -> (long) ((Network) call[0]).prefix(), cidr);
    functions.member("masked", cidr, call -> maskedNetwork((Network) call[0]), cidr);
  }

  private static InetAddress of(Object value) {
    return (InetAddress) value;
  }

  private static @Nullable InetAddress parse(String text) {
    try {
      if (IPV4.matcher(text).matches()) {
        return Inet4Address.ofLiteral(text);
      }
      if (IPV6.matcher(text).matches()) {
        InetAddress address = Inet6Address.ofLiteral(text);
        return address instanceof Inet6Address ? address : null;
      }
    } catch (IllegalArgumentException e) {
      return null;
    }
    return null;
  }

  private static InetAddress address(Object text) throws CelEvaluationException {
    InetAddress address = parse((String) text);
    if (address == null) {
      throw Functions.failure(
          "IP Address \""
              + text
              + "\" parse error during conversion from string: unable to parse IP");
    }
    return address;
  }

  private static @Nullable Network parseNetwork(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !text.substring(slash + 1).matches("0|[1-9][0-9]{0,2}")) {
      return null;
    }
    InetAddress address = parse(text.substring(0, slash));
    int prefix = Integer.parseInt(text, slash + 1, text.length(), 10);
    if (address == null || prefix > address.getAddress().length * 8) {
      return null;
    }
    return new Network(address, prefix);
  }

  private static Network network(Object text) throws CelEvaluationException {
    Network network = parseNetwork((String) text);
    if (network == null) {
      throw Functions.failure("network address parse error during conversion from string: " + text);
    }
    return network;
  }

  private static boolean contains(Network outer, Network inner) {
    return outer.prefix() <= inner.prefix() && outer.contains(inner.address());
  }

  private static Network maskedNetwork(Network network) throws CelEvaluationException {
    try {
      byte[] bytes = masked(network.address().getAddress(), network.prefix());
      return new Network(InetAddress.getByAddress(bytes), network.prefix());
    } catch (java.net.UnknownHostException e) {
      throw Functions.failure("cannot mask " + network);
    }
  }

  private static byte[] masked(byte[] address, int prefix) {
    byte[] masked = address.clone();
    for (int bit = prefix; bit < masked.length * 8; bit++) {
      masked[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
    }
    return masked;
  }

  private static boolean isGlobalUnicast(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean broadcast = bytes.length == 4 && Arrays.equals(bytes, new byte[] {-1, -1, -1, -1});
    return !broadcast
        && !address.isAnyLocalAddress()
        && !address.isLoopbackAddress()
        && !address.isMulticastAddress()
        && !address.isLinkLocalAddress();
  }
}
