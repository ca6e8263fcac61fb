package dev.coracle.schema.validation.field;

import dev.coracle.api.Cidr;
import java.net.InetAddress;
import java.util.List;

/** IP addresses and CIDR blocks in text, as Go's parser takes them. Nothing is ever resolved. */
public final class Addresses {

  private Addresses() {}

  public static boolean isIp(String text) {
    return isIpv4(text) || isIpv6(text);
  }

  public static boolean isIpv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      if (part.isEmpty() || part.length() > 3 || (part.length() > 1 && part.charAt(0) == '0')) {
        return false;
      }
      for (int i = 0; i < part.length(); i++) {
        if (part.charAt(i) < '0' || part.charAt(i) > '9') {
          return false;
        }
      }
      if (Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return true;
  }

  public static boolean isIpv6(String text) {
    if (text.indexOf(':') < 0 || text.indexOf('%') >= 0) {
      return false;
    }
    int gap = text.indexOf("::");
    if (gap < 0) {
      return groups(text) == 8;
    }
    if (text.indexOf("::", gap + 1) >= 0) {
      return false;
    }
    int before = groups(text.substring(0, gap));
    int after = groups(text.substring(gap + 2));
    return before >= 0 && after >= 0 && before + after <= 7;
  }

  /** How many 16-bit groups, -1 when one is wrong; a dotted IPv4 at the end counts as two. */
  private static int groups(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    String[] parts = text.split(":", -1);
    int groups = 0;
    for (int i = 0; i < parts.length; i++) {
      if (i == parts.length - 1 && parts[i].indexOf('.') >= 0) {
        if (!isIpv4(parts[i])) {
          return -1;
        }
        groups += 2;
        continue;
      }
      if (parts[i].isEmpty() || parts[i].length() > 4) {
        return -1;
      }
      for (int j = 0; j < parts[i].length(); j++) {
        if (Character.digit(parts[i].charAt(j), 16) < 0) {
          return -1;
        }
      }
      groups++;
    }
    return groups;
  }

  public static boolean isCidr(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return false;
    }
    String address = text.substring(0, slash);
    String length = text.substring(slash + 1);
    boolean four = isIpv4(address);
    if ((!four && !isIpv6(address)) || length.isEmpty() || length.length() > 3) {
      return false;
    }
    for (int i = 0; i < length.length(); i++) {
      if (length.charAt(i) < '0' || length.charAt(i) > '9') {
        return false;
      }
    }
    return Integer.parseInt(length) <= (four ? 32 : 128);
  }

  /** What is wrong with an address that must be written in the one way that Go writes it. */
  static List<String> strictIp(String text) {
    if (!isIp(text)) {
      return List.of(
          isIpv4(withoutLeadingZeros(text))
              ? "must not have leading 0s"
              : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
    if (isMapped(text)) {
      return List.of("must not be an IPv4-mapped IPv6 address");
    }
    return canonical(text, Cidr.text(bytes(text)));
  }

  /** What is wrong with a network that must be written in the one way that Go writes it. */
  public static List<String> strictCidr(String text) {
    if (!isCidr(text)) {
      return List.of(
          isCidr(withoutLeadingZeros(text))
              ? "must not have leading 0s"
              : "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
    int slash = text.indexOf('/');
    String ip = text.substring(0, slash);
    if (isMapped(ip)) {
      return List.of("must not have an IPv4-mapped IPv6 address");
    }
    String network = Cidr.parse(text).toString();
    String written = Cidr.text(bytes(ip)) + text.substring(slash);
    return written.equals(network)
        ? canonical(text, network)
        : List.of("must not have bits set beyond the prefix length");
  }

  private static List<String> canonical(String text, String canonical) {
    return text.equals(canonical)
        ? List.of()
        : List.of("must be in canonical form (\"" + canonical + "\")");
  }

  private static String withoutLeadingZeros(String text) {
    return text.replaceAll("(^|[./])0+(?=\\d)", "$1");
  }

  private static boolean isMapped(String ip) {
    return ip.indexOf(':') >= 0 && bytes(ip).length == 4;
  }

  /** Four bytes for an IPv4-mapped address, too. */
  private static byte[] bytes(String ip) {
    return InetAddress.ofLiteral(ip).getAddress();
  }
}
