package dev.coracle.scheduler;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a scheduling cycle found. */
sealed interface Decision {

  record Node(NodeInfo node) implements Decision {}

  /**
   * No node will do.
   *
   * @param nodes how many there are
   * @param reasons how many nodes give which reason; empty when a reason holds for all
   * @param all why no node will do, whichever it is; empty when the nodes have their own reasons
   * @param rejectedBy the plugins that said no
   * @param resolvable the nodes where fewer Pods could help, with why not
   */
  record None(
      int nodes,
      Map<String, Integer> reasons,
      String all,
      Set<String> rejectedBy,
      Map<String, FilterPlugin.Rejection> rejections)
      implements Decision {

    /** The message of the Pod's condition and event, as kube-scheduler words it. */
    String message(String preemption) {
      if (nodes == 0) {
        return "no nodes available to schedule pods";
      }
      StringBuilder text = new StringBuilder();
      text.append("0/").append(nodes).append(" nodes are available:");
      if (!all.isEmpty()) {
        text.append(' ').append(all).append('.');
      } else {
        Map<String, Boolean> parts = new TreeMap<>();
        reasons.forEach((reason, count) -> parts.put(count + " " + reason, true));
        text.append(' ').append(String.join(", ", parts.keySet())).append('.');
      }
      return preemption.isEmpty() ? text.toString() : text + " " + preemption;
    }
  }
}
