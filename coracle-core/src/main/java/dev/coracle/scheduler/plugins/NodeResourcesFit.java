package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.ClusterEvent;
import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.FilterPlugin;
import dev.coracle.scheduler.NodeInfo;
import dev.coracle.scheduler.PodInfo;
import dev.coracle.scheduler.Resources;
import dev.coracle.scheduler.ScorePlugin;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A node has room for what a Pod requests; the emptier, the better. */
public final class NodeResourcesFit implements FilterPlugin, ScorePlugin {

  @Override
  public String name() {
    return "NodeResourcesFit";
  }

  @Override
  public NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    Resources wanted = pod.requests();
    return node -> {
      List<String> reasons = new ArrayList<>();
      boolean resolvable = true;
      if (node.pods().size() + 1 > node.podLimit()) {
        reasons.add("Too many pods");
      }
      Resources there = node.allocatable();
      Resources taken = node.requested();
      if (wanted.cpu() > 0 && wanted.cpu() > there.cpu() - taken.cpu()) {
        reasons.add("Insufficient cpu");
        resolvable &= wanted.cpu() <= there.cpu();
      }
      if (wanted.memory() > 0 && wanted.memory() > there.memory() - taken.memory()) {
        reasons.add("Insufficient memory");
        resolvable &= wanted.memory() <= there.memory();
      }
      if (wanted.storage() > 0 && wanted.storage() > there.storage() - taken.storage()) {
        reasons.add("Insufficient ephemeral-storage");
        resolvable &= wanted.storage() <= there.storage();
      }
      if (!wanted.other().isEmpty()) {
        for (var entry : new TreeMap<>(wanted.other()).entrySet()) {
          long capacity = there.other().getOrDefault(entry.getKey(), 0L);
          long used = taken.other().getOrDefault(entry.getKey(), 0L);
          if (entry.getValue() > 0 && entry.getValue() > capacity - used) {
            reasons.add("Insufficient " + entry.getKey());
            resolvable &= entry.getValue() <= capacity;
          }
        }
      }
      return reasons.isEmpty() ? null : new Rejection(reasons, resolvable);
    };
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_ALLOCATABLE
        || event == ClusterEvent.ASSIGNED_POD_DELETED
        || event == ClusterEvent.POD_CHANGED;
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public long[] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    Resources wanted = pod.scoringRequests();
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      Resources there = nodes.get(i).allocatable();
      Resources taken = nodes.get(i).scoringRequested();
      long cpu = free(there.cpu(), taken.cpu() + wanted.cpu());
      long memory = free(there.memory(), taken.memory() + wanted.memory());
      scores[i] = (cpu + memory) / 2;
    }
    return scores;
  }

  private static long free(long capacity, long used) {
    return capacity == 0 || used > capacity ? 0 : (capacity - used) * Scores.MAX / capacity;
  }
}
