package dev.coracle.client;

import dev.coracle.api.Cidr;
import java.util.List;

/**
 * Where nodes get their ranges.
 *
 * @param clusters one network for each IP family, {@code --cluster-cidr}
 * @param excluded networks that nodes are not given: those of Services, and that of a node which
 *     brings its own
 */
public record NodeRanges(List<Cluster> clusters, List<Cidr> excluded) {

  /** At most so many bits are between a cluster's prefix and a node's. */
  public static final int MOST_BITS = 16;

  /** No node gets a range. */
  public static final NodeRanges NONE = new NodeRanges(List.of(), List.of());

  /**
   * A network that nodes share.
   *
   * @param nodePrefix the prefix length of a node's range, {@code --node-cidr-mask-size}
   */
  public record Cluster(Cidr network, int nodePrefix) {
    public Cluster {
      if (nodePrefix < network.prefix() || nodePrefix - network.prefix() > MOST_BITS) {
        throw new IllegalArgumentException(
            "a node's mask size must be from "
                + network.prefix()
                + " to "
                + Math.min(network.prefix() + MOST_BITS, network.prefix() + network.hostBits())
                + " for "
                + network
                + ", not "
                + nodePrefix);
      }
    }
  }

  public NodeRanges {
    clusters = List.copyOf(clusters);
    excluded = List.copyOf(excluded);
  }
}
