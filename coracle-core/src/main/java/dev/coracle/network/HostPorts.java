package dev.coracle.network;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Ports of the machine that lead to Pods ({@code hostPort}), as CNI's portmap plugin does it: an
 * nftables table of their own, which is there while a Pod has any.
 */
public final class HostPorts {

  /**
   * @param hostAddress of the machine; empty for all that node ports answer on
   * @param protocol {@code tcp}, {@code udp} or {@code sctp}
   */
  public record Mapping(String hostAddress, String protocol, int hostPort, int podPort) {}

  private record Exposed(String address, List<Mapping> mappings) {}

  private final PodBridge bridge;
  private final boolean everywhere;
  private final Map<String, Exposed> byPod = new TreeMap<>();

  /**
   * @param everywhere whether they answer on all of the machine's addresses, or only on loopback
   *     and the bridge
   */
  public HostPorts(PodBridge bridge, boolean everywhere) {
    this.bridge = bridge;
    this.everywhere = everywhere;
  }

  static String tableName(String id) {
    return ServiceProxy.tableName(id) + "_ports";
  }

  /**
   * Leads ports to a Pod until it is {@linkplain #remove removed}.
   *
   * @throws IOException when nft refuses
   */
  public synchronized void add(String pod, String address, List<Mapping> mappings)
      throws IOException {
    byPod.put(pod, new Exposed(address, List.copyOf(mappings)));
    try {
      write();
    } catch (IOException e) {
      byPod.remove(pod);
      throw e;
    }
  }

  /** Nothing happens when the Pod has none. */
  public synchronized void remove(String pod) {
    if (byPod.remove(pod) != null) {
      try {
        write();
      } catch (IOException e) {
        // The next change writes the whole table again; a port that leads nowhere does no harm.
        return;
      }
    }
  }

  private void write() throws IOException {
    Tool.run(render(), "nft", "-f", "-");
  }

  private String render() {
    String table = tableName(bridge.id());
    StringBuilder text = new StringBuilder(ServiceRules.dropped(table));
    if (byPod.isEmpty()) {
      return text.toString();
    }
    String anywhere = ServiceRules.nodeAddresses(everywhere, bridge.gateway());
    StringBuilder rules = new StringBuilder();
    StringBuilder hairpins = new StringBuilder();
    for (Exposed exposed : byPod.values()) {
      for (Mapping mapping : exposed.mappings) {
        String at = mapping.hostAddress.isEmpty() ? anywhere : "ip daddr " + mapping.hostAddress;
        rules
            .append("    %s meta l4proto %s ".formatted(at, mapping.protocol))
            .append("th dport %d ".formatted(mapping.hostPort))
            .append("dnat ip to %s:%d\n".formatted(exposed.address, mapping.podPort));
      }
      String own = "ip saddr %1$s ip daddr %1$s".formatted(exposed.address);
      hairpins.append("    ct status dnat ").append(own).append(" masquerade\n");
    }
    // Before the Services' rules: what is asked for by its port on this very node is the Pod's.
    return text.append("table ip ")
        .append(table)
        .append(" {\n  chain ports {\n")
        .append(rules)
        .append("  }\n  chain prerouting {\n    type nat hook prerouting priority dstnat - 5;\n")
        .append("    jump ports\n  }\n")
        .append("  chain output {\n    type nat hook output priority -105;\n    jump ports\n  }\n")
        .append("  chain postrouting {\n    type nat hook postrouting priority srcnat - 5;\n")
        .append(hairpins)
        .append("    oifname \"%s\" ct status dnat ".formatted(bridge.bridge()))
        .append("ip saddr != %s masquerade\n  }\n}\n".formatted(bridge.network()))
        .toString();
  }
}
