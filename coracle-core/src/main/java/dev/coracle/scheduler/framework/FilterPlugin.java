package dev.coracle.scheduler.framework;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says on which nodes a Pod may run. */
public interface FilterPlugin {

  /** The name of the kube-scheduler plugin. */
  String name();

  /**
   * Prepares a Pod's cycle.
   *
   * @return null when there is nothing to check for this Pod
   * @throws Unschedulable when no node will do
   */
  @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) throws Unschedulable;

  /**
   * The only nodes that may do, by name, as far as that is known without looking at them; null for
   * all. Those that are left out are told of in one reason.
   */
  default @Nullable Set<String> onlyNodes(PodInfo pod, ClusterView cluster) throws Unschedulable {
    return null;
  }

  /** Whether a change in the cluster may let a Pod pass that this plugin kept back. */
  boolean helps(ClusterEvent event);

  /** Checks one node. */
  interface NodeFilter {
    /**
     * @return null when the Pod may run there
     */
    @Nullable Rejection reject(NodeInfo node);
  }

  /**
   * Why a node will not do.
   *
   * @param reasons as in events, such as {@code Insufficient cpu}
   * @param resolvable whether fewer Pods on the node could help
   */
  record Rejection(List<String> reasons, boolean resolvable) {
    public static Rejection resolvable(String reason) {
      return new Rejection(List.of(reason), true);
    }

    public static Rejection unresolvable(String reason) {
      return new Rejection(List.of(reason), false);
    }
  }

  /** No node will do, whatever its state. */
  final class Unschedulable extends Exception {
    private static final long serialVersionUID = 1L;
    private final String reason;

    public Unschedulable(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }

    public String reason() {
      return reason;
    }
  }
}
