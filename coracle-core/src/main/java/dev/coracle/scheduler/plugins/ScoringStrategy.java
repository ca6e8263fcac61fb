package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.config.PluginArgs.ResourceWeight;
import dev.coracle.scheduler.config.PluginArgs.ShapePoint;
import dev.coracle.scheduler.config.PluginArgs.Strategy;
import java.util.List;

/**
 * The three ways to like a node by its free room: the emptier, the fuller, or by a function of its
 * utilization. The mean of the resources' scores, weighted.
 */
final class ScoringStrategy implements ResourceScorer.Formula {

  /** A shape's scores go to 10, a node's to 100. */
  private static final long SCALE = 10;

  private final Strategy strategy;

  ScoringStrategy(Strategy strategy) {
    this.strategy = strategy;
  }

  @Override
  public long score(long[] used, long[] capacity) {
    boolean ratio =
        switch (strategy.type()) {
          case RATIO -> true;
          case LEAST, MOST -> false;
        };
    List<ResourceWeight> resources = strategy.resources();
    long sum = 0;
    long weights = 0;
    for (int i = 0; i < used.length; i++) {
      if (capacity[i] == 0) {
        continue;
      }
      long score = score(used[i], capacity[i]);
      if (ratio && score == 0) {
        continue;
      }
      sum += score * resources.get(i).weight();
      weights += resources.get(i).weight();
    }
    if (weights == 0) {
      return 0;
    }
    return ratio ? Math.round((double) sum / weights) : sum / weights;
  }

  private long score(long used, long capacity) {
    return switch (strategy.type()) {
      case LEAST -> used > capacity ? 0 : (capacity - used) * Scores.MAX / capacity;
      case MOST -> Math.min(used, capacity) * Scores.MAX / capacity;
      case RATIO -> shape(used > capacity ? Scores.MAX : used * Scores.MAX / capacity);
    };
  }

  /** The broken line through the points. */
  private long shape(long utilization) {
    List<ShapePoint> points = strategy.shape();
    for (int i = 0; i < points.size(); i++) {
      ShapePoint to = points.get(i);
      if (utilization > to.utilization()) {
        continue;
      }
      if (i == 0) {
        return to.score() * SCALE;
      }
      ShapePoint from = points.get(i - 1);
      return from.score() * SCALE
          + (to.score() - from.score())
              * SCALE
              * (utilization - from.utilization())
              / (to.utilization() - from.utilization());
    }
    return points.getLast().score() * SCALE;
  }
}
