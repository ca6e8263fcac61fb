package dev.coracle.scheduler.profile;

import dev.coracle.scheduler.framework.FilterPlugin.Rejection;
import dev.coracle.scheduler.framework.NodeInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a scheduling cycle found. */
public sealed interface Decision {

  record Node(NodeInfo node) implements Decision {}

  /**
   * No node will do.
   *
   * @param nodes how many there are
   * @param rejections by node, of those that were looked at
   * @param leftOut why the others were not
   * @param all why no node will do, whichever it is; empty when the nodes have their own reasons
   * @param rejectedBy the plugins that said no
   */
  record None(
      int nodes,
      Map<String, Rejection> rejections,
      String leftOut,
      String all,
      Set<String> rejectedBy)
      implements Decision {

    static None noNodes() {
      return new None(0, Map.of(), "", "", Set.of());
    }

    static None everywhere(int nodes, String reason, Set<String> rejectedBy) {
      return new None(nodes, Map.of(), "", reason, rejectedBy);
    }

    /**
     * The message of the Pod's condition and event, as kube-scheduler words it.
     *
     * @param after what was tried to make room, and failed; empty for nothing
     */
    public String message(String after) {
      if (nodes == 0) {
        return "no nodes available to schedule pods";
      }
      String text =
          all.isEmpty() ? reasons(nodes, rejections, leftOut) : available(nodes) + " " + all + ".";
      return after.isEmpty() ? text : text + " " + after;
    }
  }

  private static String available(int nodes) {
    return "0/" + nodes + " nodes are available:";
  }

  /**
   * {@code 0/3 nodes are available: 1 Insufficient cpu, 2 ...}: how many nodes give which reason.
   *
   * @param others the reason of nodes that have none of their own
   */
  static String reasons(int nodes, Map<String, Rejection> rejections, String others) {
    Map<String, Integer> counts = new HashMap<>();
    for (Rejection rejection : rejections.values()) {
      rejection.reasons().forEach(reason -> counts.merge(reason, 1, Integer::sum));
    }
    if (rejections.size() < nodes) {
      counts.merge(others, nodes - rejections.size(), Integer::sum);
    }
    Set<String> parts = new TreeSet<>();
    counts.forEach((reason, count) -> parts.add(count + " " + reason));
    return available(nodes) + " " + String.join(", ", parts) + ".";
  }
}
