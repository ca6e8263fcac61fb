package dev.coracle.scheduler.framework;

import java.util.List;

/** Says which of several nodes suits a Pod best. */
public interface ScorePlugin {

  /** The name of the kube-scheduler plugin. */
  String name();

  /**
   * @return for each node 0 (worst) to 100; null when all are equal to it
   */
  long @org.jspecify.annotations.Nullable [] score(
      PodInfo pod, List<NodeInfo> nodes, ClusterView cluster);
}
