package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.config.PluginArgs;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.ScorePlugin;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prefers nodes whose resources fill up evenly: the less their utilizations differ, the better. */
public final class BalancedAllocation implements ScorePlugin {

  private final ResourceScorer scorer;

  public BalancedAllocation(List<PluginArgs.ResourceWeight> resources) {
    scorer = new ResourceScorer(resources, false, BalancedAllocation::balance);
  }

  @Override
  public String name() {
    return "NodeResourcesBalancedAllocation";
  }

  @Override
  public long @Nullable [] score(PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    for (long wanted : scorer.wanted(pod)) {
      if (wanted > 0) {
        return scorer.score(pod, nodes);
      }
    }
    // one that asks for nothing changes no balance
    return null;
  }

  private static long balance(long[] used, long[] capacity) {
    double[] fractions = new double[used.length];
    int count = 0;
    double sum = 0;
    for (int i = 0; i < used.length; i++) {
      if (capacity[i] > 0) {
        fractions[count] = Math.min(1, (double) used[i] / capacity[i]);
        sum += fractions[count++];
      }
    }
    return (long) ((1 - deviation(fractions, count, sum)) * Scores.MAX);
  }

  private static double deviation(double[] fractions, int count, double sum) {
    if (count < 2) {
      return 0;
    }
    if (count == 2) {
      return Math.abs((fractions[0] - fractions[1]) / 2);
    }
    double mean = sum / count;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      squares += (fractions[i] - mean) * (fractions[i] - mean);
    }
    return Math.sqrt(squares / count);
  }
}
