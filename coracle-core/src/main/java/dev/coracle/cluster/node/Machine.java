package dev.coracle.cluster.node;

import dev.coracle.api.Cidr;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.network.PodBridge;
import dev.coracle.network.ServiceProxy;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What this machine offers to a node: its name, and a bridge for Pods if that is possible. */
public final class Machine implements AutoCloseable {

  private final String nodeName;
  private final String id;
  private final @Nullable PodBridge bridge;
  private final Cidr podNetwork;
  private final List<String> degraded;

  private Machine(
      String nodeName,
      String id,
      @Nullable PodBridge bridge,
      Cidr podNetwork,
      List<String> degraded) {
    this.nodeName = nodeName;
    this.id = id;
    this.bridge = bridge;
    this.podNetwork = bridge == null ? podNetwork : bridge.network();
    this.degraded = List.copyOf(degraded);
  }

  /** Removes what a killed predecessor left and makes the bridge if Pods will run here. */
  public static Machine prepare(ClusterOptions options, Path data) {
    String id = PodBridge.id(data);
    String name = options.nodeName() == null ? hostName() : options.nodeName();
    Cidr preferred = preferred(options);
    boolean runsPods =
        options.only() == ClusterOptions.Part.ALL
            && options.runtime() == ClusterOptions.Runtime.PROCESS;
    if (!runsPods) {
      return new Machine(name, id, null, preferred, List.of());
    }
    String obstacle = PodBridge.obstacle();
    if (obstacle == null && !hasRights()) {
      obstacle = "no rights for network namespaces: run as root";
    }
    if (obstacle != null) {
      return new Machine(name, id, null, preferred, List.of(sentence(obstacle)));
    }
    try {
      ServiceProxy.cleanUp(id);
      PodBridge bridge =
          PodBridge.create(
              id,
              preferred,
              options.podCidr().isEmpty() ? options.nodeRanges().network() : preferred);
      return new Machine(name, id, bridge, preferred, List.of());
    } catch (IOException e) {
      return new Machine(
          name, id, null, preferred, List.of(sentence(String.valueOf(e.getMessage()))));
    }
  }

  /** Where the Pods of this machine's node should be. */
  private static Cidr preferred(ClusterOptions options) {
    return options.podCidr().isEmpty()
        ? options.nodeRanges().preferred()
        : Cidr.parse(options.podCidr());
  }

  /** Removes the Pods' network that a killed cluster left here. */
  public static void cleanUp(Path data) {
    if (PodBridge.obstacle() == null && hasRights()) {
      String id = PodBridge.id(data);
      ServiceProxy.cleanUp(id);
      PodBridge.cleanUp(id);
    }
  }

  private static String sentence(String why) {
    return "Pods share this machine's network, and cluster IPs and cluster DNS don't work ("
        + why.strip().lines().findFirst().orElse("")
        + ")";
  }

  /** CAP_SYS_ADMIN and CAP_NET_ADMIN, as the kernel says of this process. */
  private static boolean hasRights() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("CapEff:")) {
          long capabilities = Long.parseUnsignedLong(line.substring(7).strip(), 16);
          long needed = (1L << 12) | (1L << 21);
          return (capabilities & needed) == needed;
        }
      }
    } catch (IOException e) {
      return false;
    }
    return false;
  }

  public static String hostName() {
    String name = "";
    try {
      name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      try {
        name = InetAddress.getLocalHost().getHostName();
      } catch (IOException unknown) {
        name = "";
      }
    }
    String valid =
        name.toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9.-]", "-")
            .replaceAll("^[^a-z0-9]+|[^a-z0-9]+$", "");
    return valid.isEmpty() ? "coracle" : valid;
  }

  /** The IPv4 addresses of this machine. */
  public static List<String> addresses() {
    List<String> addresses = new ArrayList<>();
    try {
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(Inet4Address.class::isInstance)
          .map(InetAddress::getHostAddress)
          .forEach(addresses::add);
    } catch (SocketException e) {
      return List.of();
    }
    return addresses;
  }

  public String nodeName() {
    return nodeName;
  }

  String id() {
    return id;
  }

  /** The range of the Pods of this machine's node. */
  public Cidr podNetwork() {
    return podNetwork;
  }

  @Nullable PodBridge bridge() {
    return bridge;
  }

  /** This machine's address on the Pods' bridge, or null without one. */
  public @Nullable String gateway() {
    return bridge == null ? null : bridge.gateway();
  }

  /** Where Pods, and the API server, reach this machine's servers. */
  public String reachableAddress() {
    return bridge == null ? "127.0.0.1" : bridge.gateway();
  }

  public List<String> degraded() {
    return degraded;
  }

  @Override
  public void close() {
    if (bridge != null) {
      bridge.close();
    }
  }
}
