package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.NodeInfo;
import dev.coracle.scheduler.PodInfo;
import dev.coracle.scheduler.Resources;
import dev.coracle.scheduler.ScorePlugin;
import java.util.List;

/** Prefers nodes whose cpu and memory fill up evenly. */
public final class BalancedAllocation implements ScorePlugin {

  @Override
  public String name() {
    return "NodeResourcesBalancedAllocation";
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public long[] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    Resources wanted = pod.requests();
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      Resources there = nodes.get(i).allocatable();
      Resources taken = nodes.get(i).requested();
      double cpu = fraction(there.cpu(), taken.cpu() + wanted.cpu());
      double memory = fraction(there.memory(), taken.memory() + wanted.memory());
      scores[i] = (long) ((1 - Math.abs(cpu - memory) / 2) * Scores.MAX);
    }
    return scores;
  }

  private static double fraction(long capacity, long used) {
    return capacity == 0 ? 1 : Math.min(1, (double) used / capacity);
  }
}
