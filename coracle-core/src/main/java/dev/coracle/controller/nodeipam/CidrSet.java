package dev.coracle.controller.nodeipam;

import dev.coracle.api.Cidr;
import dev.coracle.client.NodeRanges;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges of a cluster's network are given out. They are given in turn, so that one that came
 * back rests as long as it can.
 *
 * <p>Guarded by its owner.
 */
final class CidrSet {

  private final Cidr network;
  private final int nodePrefix;
  private final int size;
  private final BitSet used = new BitSet();
  private int next;

  CidrSet(NodeRanges.Cluster cluster) {
    this.network = cluster.network();
    this.nodePrefix = cluster.nodePrefix();
    this.size = (int) network.subnets(nodePrefix);
  }

  /** A free range, which is taken from now on, or null when there is none. */
  @Nullable Cidr take() {
    int index = used.nextClearBit(next);
    if (index >= size) {
      index = used.nextClearBit(0);
    }
    if (index >= size) {
      return null;
    }
    used.set(index);
    next = index + 1;
    return network.subnet(index, nodePrefix);
  }

  /**
   * Takes all ranges that a network touches, however large it is.
   *
   * @return false when it touches none
   */
  boolean occupy(Cidr range) {
    return set(range, true);
  }

  void release(Cidr range) {
    set(range, false);
  }

  private boolean set(Cidr range, boolean taken) {
    if (range.contains(network)) {
      used.set(0, size, taken);
      return true;
    }
    int first = (int) network.indexOf(range, nodePrefix);
    if (first < 0) {
      return false;
    }
    long count = range.prefix() >= nodePrefix ? 1 : range.subnets(nodePrefix);
    used.set(first, (int) Math.min(size, first + count), taken);
    return true;
  }
}
