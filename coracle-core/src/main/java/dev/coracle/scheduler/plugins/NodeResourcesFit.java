package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.config.PluginArgs;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.Resources;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A node has room for what a Pod requests; the emptier (or as configured), the better. */
public final class NodeResourcesFit implements FilterPlugin, ScorePlugin {

  private final PluginArgs.Fit args;
  private final ResourceScorer scorer;

  public NodeResourcesFit(PluginArgs.Fit args) {
    this.args = args;
    PluginArgs.Strategy strategy = args.strategy();
    this.scorer = new ResourceScorer(strategy.resources(), true, new ScoringStrategy(strategy));
  }

  @Override
  public String name() {
    return "NodeResourcesFit";
  }

  @Override
  public NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    Resources wanted = pod.requests();
    Map<String, Long> other = new TreeMap<>();
    wanted
        .other()
        .forEach(
            (name, amount) -> {
              if (amount > 0 && !isIgnored(name)) {
                other.put(name, amount);
              }
            });
    return node -> fits(wanted, other, node) ? null : rejection(wanted, other, node);
  }

  private boolean isIgnored(String resource) {
    int slash = resource.indexOf('/');
    if (slash < 0 || resource.startsWith("requests.") || isNative(resource)) {
      return false;
    }
    return args.ignored().contains(resource)
        || args.ignoredGroups().contains(resource.substring(0, slash));
  }

  private static boolean isNative(String resource) {
    return resource.contains("kubernetes.io/");
  }

  private static boolean fits(Resources wanted, Map<String, Long> other, NodeInfo node) {
    Resources there = node.allocatable();
    Resources taken = node.requested();
    if (node.pods().size() + 1 > node.podLimit()
        || lacks(wanted.cpu(), there.cpu(), taken.cpu())
        || lacks(wanted.memory(), there.memory(), taken.memory())
        || lacks(wanted.storage(), there.storage(), taken.storage())) {
      return false;
    }
    for (Map.Entry<String, Long> entry : other.entrySet()) {
      String name = entry.getKey();
      if (lacks(entry.getValue(), there.amount(name), taken.amount(name))) {
        return false;
      }
    }
    return true;
  }

  private static boolean lacks(long wanted, long there, long taken) {
    return wanted > 0 && wanted > there - taken;
  }

  /** All that is short; what the whole node has too little of, no preemption can give. */
  private static @Nullable Rejection rejection(
      Resources wanted, Map<String, Long> other, NodeInfo node) {
    List<String> reasons = new ArrayList<>();
    boolean resolvable = true;
    if (node.pods().size() + 1 > node.podLimit()) {
      reasons.add("Too many pods");
    }
    List<String> names = new ArrayList<>(List.of("cpu", "memory", "ephemeral-storage"));
    names.addAll(other.keySet());
    for (String name : names) {
      long amount = wanted.amount(name);
      long there = node.allocatable().amount(name);
      if (lacks(amount, there, node.requested().amount(name))) {
        reasons.add("Insufficient " + name);
        resolvable &= amount <= there;
      }
    }
    return new Rejection(reasons, resolvable);
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_ALLOCATABLE
        || event == ClusterEvent.ASSIGNED_POD_DELETED
        || event == ClusterEvent.ASSIGNED_POD_SCALED_DOWN
        || event == ClusterEvent.POD_CHANGED;
  }

  @Override
  public long[] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    return scorer.score(pod, nodes);
  }
}
