package dev.coracle.cli.flags;

import dev.coracle.api.Cidr;
import dev.coracle.client.NodeRanges;
import dev.coracle.cluster.options.NodeRangeOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which ranges nodes get for their Pods: kube-controller-manager's own flags. */
public final class NodeRangeFlags {

  private static final int IPV4 = 24;
  private static final int IPV6 = 64;

  @Option(
      names = "--allocate-node-cidrs",
      paramLabel = "BOOL",
      defaultValue = "true",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "Whether nodes get a range for their Pods out of --cluster-cidr (default:"
              + " ${DEFAULT-VALUE}).")
  private boolean allocate;

  @Option(
      names = "--cluster-cidr",
      paramLabel = "CIDR",
      split = ",",
      description =
          "Where nodes' ranges come from: an IPv4 network, and an IPv6 network if there is a second"
              + " (default: 10.244.0.0/16, and simulated nodes bring their own).")
  private List<String> clusters = List.of();

  @Option(
      names = "--node-cidr-mask-size",
      paramLabel = "BITS",
      description = "The prefix length of a node's range (default: 24, and 64 for IPv6).")
  private @Nullable Integer mask;

  @Option(
      names = "--node-cidr-mask-size-ipv4",
      paramLabel = "BITS",
      description = "The prefix length of a node's IPv4 range (default: 24).")
  private @Nullable Integer maskIpv4;

  @Option(
      names = "--node-cidr-mask-size-ipv6",
      paramLabel = "BITS",
      description = "The prefix length of a node's IPv6 range (default: 64).")
  private @Nullable Integer maskIpv6;

  /**
   * @throws IllegalArgumentException with a sentence
   */
  public NodeRangeOptions options() {
    List<String> texts = clusters.isEmpty() ? List.of("10.244.0.0/16") : clusters;
    if (mask != null && texts.size() > 1) {
      throw new IllegalArgumentException(
          "--node-cidr-mask-size goes with one --cluster-cidr; for two use"
              + " --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6");
    }
    List<NodeRanges.Cluster> networks = new ArrayList<>();
    for (String text : texts) {
      Cidr network = network(text.strip());
      if (network.isIpv6() != (networks.size() == 1) || networks.size() == 2) {
        throw new IllegalArgumentException(
            "--cluster-cidr wants an IPv4 network, and at most one more, of IPv6, not "
                + String.join(",", texts));
      }
      try {
        networks.add(new NodeRanges.Cluster(network, bits(network.isIpv6())));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("--cluster-cidr: " + e.getMessage(), e);
      }
    }
    return new NodeRangeOptions(allocate, networks, allocate && !clusters.isEmpty());
  }

  private static Cidr network(String text) {
    try {
      return Cidr.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--cluster-cidr wants a network such as 10.244.0.0/16, not " + text, e);
    }
  }

  private int bits(boolean ipv6) {
    Integer own = ipv6 ? maskIpv6 : maskIpv4;
    if (own != null) {
      return own;
    }
    return mask != null ? mask : ipv6 ? IPV6 : IPV4;
  }
}
