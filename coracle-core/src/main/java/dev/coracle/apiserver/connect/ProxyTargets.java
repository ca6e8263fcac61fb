package dev.coracle.apiserver.connect;

import dev.coracle.api.StatusException;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Which addresses the proxy verbs may reach: no one who may write a Pod's or node's status makes
 * this server speak to itself, to its machine or to link-local services such as a cloud's metadata.
 */
public final class ProxyTargets {

  private static final byte[] BROADCAST = {-1, -1, -1, -1};

  private final boolean loopback;
  private final IntPredicate ownPort;

  /**
   * @param loopback whether Pods are on loopback addresses, because they have no network of their
   *     own
   * @param ownPort whether this server itself listens on a port
   */
  public ProxyTargets(boolean loopback, IntPredicate ownPort) {
    this.loopback = loopback;
    this.ownPort = ownPort;
  }

  /**
   * @throws StatusException 400
   */
  void require(String host, int port) {
    if (!allows(host, port)) {
      throw StatusException.badRequest("address not allowed");
    }
  }

  boolean allows(String host, int port) {
    InetAddress address;
    try {
      address = InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
    if (address.isAnyLocalAddress()
        || address.isLinkLocalAddress()
        || address.isMulticastAddress()
        || Arrays.equals(address.getAddress(), BROADCAST)) {
      return false;
    }
    return !address.isLoopbackAddress() || loopback && !ownPort.test(port);
  }
}
