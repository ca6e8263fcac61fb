package dev.coracle.apiserver.audit;

import dev.coracle.http.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** From where a request came: what proxies say of it, then the peer, which cannot be made up. */
final class SourceAddresses {

  private static final Pattern LITERAL =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

  private SourceAddresses() {}

  /**
   * @param peer null for this process
   */
  static List<String> of(Headers headers, @Nullable SocketAddress peer) {
    List<String> addresses = new ArrayList<>(2);
    for (String part : headers.first("x-forwarded-for", "").split(",", -1)) {
      String address = parse(part.strip());
      if (address != null) {
        addresses.add(address);
      }
    }
    String real = parse(headers.first("x-real-ip", "").strip());
    if (real != null && !addresses.contains(real)) {
      addresses.add(real);
    }
    String remote = peer == null ? "127.0.0.1" : remote(peer);
    if (remote != null && (addresses.isEmpty() || !addresses.getLast().equals(remote))) {
      addresses.add(remote);
    }
    return List.copyOf(addresses);
  }

  private static @Nullable String remote(SocketAddress peer) {
    return peer instanceof InetSocketAddress internet && internet.getAddress() != null
        ? text(internet.getAddress())
        : null;
  }

  private static @Nullable String parse(String text) {
    if (!LITERAL.matcher(text).matches()) {
      return null;
    }
    try {
      return text(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** IPv6 with the longest run of zeros left out, as RFC 5952 and Go write it. */
  private static String text(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return address.getHostAddress();
    }
    int best = -1;
    int bestLength = 1;
    for (int i = 0; i < 8; i++) {
      int length = 0;
      while (i + length < 8 && bytes[2 * (i + length)] == 0 && bytes[2 * (i + length) + 1] == 0) {
        length++;
      }
      if (length > bestLength) {
        best = i;
        bestLength = length;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString((bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff));
    }
    return text.toString();
  }
}
