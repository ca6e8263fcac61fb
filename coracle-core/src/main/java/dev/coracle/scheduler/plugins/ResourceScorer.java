package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.config.PluginArgs.ResourceWeight;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.Resources;
import java.util.List;

/** What of a node's resources would be used with a Pod on it, resource by resource. */
final class ResourceScorer {

  /** Makes a score of amounts, all in the order of the resources. */
  interface Formula {
    long score(long[] used, long[] capacity);
  }

  private final String[] resources;
  private final boolean guess;
  private final Formula formula;

  /**
   * @param guess whether containers that ask for no cpu or memory count with a guess
   */
  ResourceScorer(List<ResourceWeight> resources, boolean guess, Formula formula) {
    this.resources = resources.stream().map(ResourceWeight::name).toArray(String[]::new);
    this.guess = guess;
    this.formula = formula;
  }

  /** What the Pod itself asks of each resource. */
  long[] wanted(PodInfo pod) {
    Resources all = guess ? pod.scoringRequests() : pod.requests();
    long[] wanted = new long[resources.length];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = all.amount(resources[i]);
    }
    return wanted;
  }

  long[] score(PodInfo pod, List<NodeInfo> nodes) {
    long[] wanted = wanted(pod);
    long[] used = new long[wanted.length];
    long[] capacity = new long[wanted.length];
    long[] scores = new long[nodes.size()];
    for (int n = 0; n < scores.length; n++) {
      NodeInfo node = nodes.get(n);
      for (int i = 0; i < wanted.length; i++) {
        boolean basic = resources[i].equals("cpu") || resources[i].equals("memory");
        if (wanted[i] == 0 && !basic && !resources[i].equals("ephemeral-storage")) {
          // an extended resource that the Pod does not want says nothing
          used[i] = 0;
          capacity[i] = 0;
          continue;
        }
        Resources taken = guess && basic ? node.scoringRequested() : node.requested();
        used[i] = taken.amount(resources[i]) + wanted[i];
        capacity[i] = node.allocatable().amount(resources[i]);
      }
      scores[n] = formula.score(used, capacity);
    }
    return scores;
  }
}
