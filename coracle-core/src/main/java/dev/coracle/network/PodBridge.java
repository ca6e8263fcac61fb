package dev.coracle.network;

import dev.coracle.api.Cidr;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bridge that Pods hang on. A Pod has one address with a 32-bit prefix and reaches everything,
 * other Pods too, through the bridge's own address: so every packet is routed, and Services work
 * between Pods without bridge filtering.
 */
public final class PodBridge implements AutoCloseable {

  /** How many networks are tried when the preferred one is in use. */
  private static final int CANDIDATES = 64;

  private final String id;
  private final Cidr network;
  private final BitSet used = new BitSet();
  private final Map<String, Integer> byPod = new HashMap<>();
  private final @Nullable String forwardingBefore;
  private int last = 1;

  private PodBridge(String id, Cidr network, @Nullable String forwardingBefore) {
    this.id = id;
    this.network = network;
    this.forwardingBefore = forwardingBefore;
  }

  /** The short name that everything of one cluster on this machine carries. */
  public static String id(Path dataDirectory) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(dataDirectory.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String bridgeName(String id) {
    return "cor" + id;
  }

  /** Why this machine can't have a Pod network, or null if it can. */
  public static @Nullable String obstacle() {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return "not Linux";
    }
    if (Tool.find("ip") == null) {
      return "'ip' (package iproute2) is not installed";
    }
    if (Tool.find("nsenter") == null) {
      return "'nsenter' (package util-linux) is not installed";
    }
    if (Tool.find("nft") == null) {
      return "'nft' (package nftables) is not installed";
    }
    return null;
  }

  /** Removes what a cluster of this name left behind. */
  public static void cleanUp(String id) {
    if (obstacle() == null) {
      Tool.tryRun("", "ip", "link", "delete", bridgeName(id));
    }
  }

  /**
   * Makes the bridge.
   *
   * @param preferred the IPv4 network for Pods; if it overlaps a route of this machine, the next
   *     free one of the same size is taken
   * @param within where that one must be
   * @throws IOException when the rights or the tools are missing, or the network is taken
   */
  public static PodBridge create(String id, Cidr preferred, Cidr within) throws IOException {
    cleanUp(id);
    String routes = Tool.run("", "ip", "-4", "route", "show", "table", "main");
    Cidr network = free(preferred, within, routes);
    String bridge = bridgeName(id);
    String gateway = network.address(1);
    String before = forwarding();
    PodBridge made = new PodBridge(id, network, before);
    made.used.set(0, 2);
    made.used.set((int) network.size() - 1);
    try {
      Tool.run(
          "link add name "
              + bridge
              + " type bridge\naddress add "
              + gateway
              + "/32 dev "
              + bridge
              + "\nlink set "
              + bridge
              + " up\nroute add "
              + network
              + " dev "
              + bridge
              + " scope link src "
              + gateway
              + "\n",
          "ip",
          "-batch",
          "-");
      sysctl("/proc/sys/net/ipv4/ip_forward", "1");
      String settings = "/proc/sys/net/ipv4/conf/" + bridge + "/";
      sysctl(settings + "send_redirects", "0");
      sysctl(settings + "route_localnet", "1");
      sysctl(settings + "rp_filter", "0");
      return made;
    } catch (IOException e) {
      made.close();
      throw e;
    }
  }

  private static Cidr free(Cidr preferred, Cidr within, String routes) throws IOException {
    Cidr candidate = preferred;
    for (int i = 0; i < CANDIDATES && within.contains(candidate); i++) {
      if (isFree(candidate, routes)) {
        return candidate;
      }
      candidate = candidate.next();
    }
    throw new IOException(
        "the network " + preferred + " is in use on this machine; choose another with --pod-cidr");
  }

  private static boolean isFree(Cidr candidate, String routes) {
    for (String line : routes.split("\n", -1)) {
      String destination = line.strip().split(" ", -1)[0];
      if (destination.isEmpty() || destination.equals("default")) {
        continue;
      }
      try {
        if (candidate.overlaps(
            Cidr.parse(destination.contains("/") ? destination : destination + "/32"))) {
          return false;
        }
      } catch (IllegalArgumentException e) {
        // A line such as "unreachable ...": it does not name a network first.
        continue;
      }
    }
    return true;
  }

  private static @Nullable String forwarding() {
    try {
      return Files.readString(Path.of("/proc/sys/net/ipv4/ip_forward")).strip();
    } catch (IOException e) {
      return null;
    }
  }

  private static void sysctl(String file, String value) throws IOException {
    Files.writeString(Path.of(file), value);
  }

  public String id() {
    return id;
  }

  public Cidr network() {
    return network;
  }

  public String bridge() {
    return bridgeName(id);
  }

  /** The machine's address on the bridge: what Pods reach this process by. */
  public String gateway() {
    return network.address(1);
  }

  /**
   * Gives a Pod's network namespace an {@code eth0} with an address and a default route.
   *
   * @param pod names the Pod; asking again for the same one gives the same address
   * @param namespaceFile a file that is its network namespace
   * @throws IOException when the network is full or the kernel refuses
   */
  public String attach(String pod, Path namespaceFile) throws IOException {
    String address = allocate(pod);
    String host = hostInterface(address);
    try {
      Tool.run(
          "link add name "
              + host
              + " type veth peer name eth0 netns "
              + namespaceFile
              + "\nlink set "
              + host
              + " master "
              + bridge()
              + " up\nlink set "
              + host
              + " type bridge_slave hairpin on\n",
          "ip",
          "-batch",
          "-");
      Tool.run(
          "link set lo up\naddress add "
              + address
              + "/32 dev eth0\nlink set eth0 up\nroute add "
              + gateway()
              + " dev eth0 scope link\nroute add default via "
              + gateway()
              + " dev eth0\n",
          "nsenter",
          "--net=" + namespaceFile,
          "ip",
          "-batch",
          "-");
      return address;
    } catch (IOException e) {
      detach(pod);
      throw e;
    }
  }

  private static int number(String address) {
    return ByteBuffer.wrap(InetAddress.ofLiteral(address).getAddress()).getInt();
  }

  private String hostInterface(String address) {
    return "cv" + id.substring(0, 5) + Integer.toHexString(number(address));
  }

  private synchronized String allocate(String pod) throws IOException {
    Integer known = byPod.get(pod);
    if (known != null) {
      return network.address(known);
    }
    // Addresses go round, so that one that was just given back is not somebody else's at once.
    int index = used.nextClearBit(last + 1);
    if (index >= network.size()) {
      index = used.nextClearBit(2);
    }
    if (index >= network.size() - 1) {
      throw new IOException("the Pod network " + network + " has no free address");
    }
    used.set(index);
    byPod.put(pod, index);
    last = index;
    return network.address(index);
  }

  /** Takes a Pod's address back; its interface goes with its namespace, or now. */
  public void detach(String pod) {
    Integer index;
    synchronized (this) {
      index = byPod.remove(pod);
    }
    if (index != null) {
      Tool.tryRun("", "ip", "link", "delete", hostInterface(network.address(index)));
      synchronized (this) {
        used.clear(index);
      }
    }
  }

  @Override
  public void close() {
    cleanUp(id);
    if ("0".equals(forwardingBefore) && !othersRun()) {
      try {
        sysctl("/proc/sys/net/ipv4/ip_forward", "0");
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Whether another cluster on this machine still needs forwarding. */
  private static boolean othersRun() {
    try {
      return Tool.run("", "ip", "-o", "link", "show", "type", "bridge").contains(": cor");
    } catch (IOException e) {
      return true;
    }
  }
}
