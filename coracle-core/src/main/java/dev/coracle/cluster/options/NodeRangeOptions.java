package dev.coracle.cluster.options;

import dev.coracle.api.Cidr;
import dev.coracle.client.NodeRanges;
import java.util.List;

/**
 * Where nodes get the ranges of their Pods: kube-controller-manager's options of the same names.
 *
 * @param allocate {@code --allocate-node-cidrs}: whether nodes without a range get one
 * @param clusters {@code --cluster-cidr}, with {@code --node-cidr-mask-size*}; the first is IPv4
 * @param ofSimulated whether simulated nodes are to wait for theirs; else they bring ranges of
 *     their own, of which nothing is routed
 */
public record NodeRangeOptions(
    boolean allocate, List<NodeRanges.Cluster> clusters, boolean ofSimulated) {

  /** 256 nodes of 254 Pods each. */
  public static final NodeRangeOptions USUAL =
      new NodeRangeOptions(
          true, List.of(new NodeRanges.Cluster(Cidr.parse("10.244.0.0/16"), 24)), false);

  public NodeRangeOptions {
    clusters = List.copyOf(clusters);
  }

  public NodeRanges ranges(List<Cidr> used) {
    return allocate ? new NodeRanges(clusters, used) : NodeRanges.NONE;
  }

  /** What this machine's node may have of it. */
  public Cidr network() {
    return clusters.getFirst().network();
  }

  /** What this machine's node has when nothing else uses it. */
  public Cidr preferred() {
    NodeRanges.Cluster first = clusters.getFirst();
    return first.network().subnet(0, first.nodePrefix());
  }
}
