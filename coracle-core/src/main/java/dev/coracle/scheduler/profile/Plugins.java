package dev.coracle.scheduler.profile;

import dev.coracle.scheduler.config.PluginArgs;
import dev.coracle.scheduler.config.Point;
import dev.coracle.scheduler.config.SchedulerConfiguration.Profile;
import dev.coracle.scheduler.config.SchedulerConfiguration.Weighted;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.ScorePlugin;
import dev.coracle.scheduler.plugins.BalancedAllocation;
import dev.coracle.scheduler.plugins.DynamicResources;
import dev.coracle.scheduler.plugins.ImageLocality;
import dev.coracle.scheduler.plugins.InterPodAffinity;
import dev.coracle.scheduler.plugins.NodeAffinity;
import dev.coracle.scheduler.plugins.NodeName;
import dev.coracle.scheduler.plugins.NodePorts;
import dev.coracle.scheduler.plugins.NodeResourcesFit;
import dev.coracle.scheduler.plugins.NodeUnschedulable;
import dev.coracle.scheduler.plugins.NodeVolumeLimits;
import dev.coracle.scheduler.plugins.PodTopologySpread;
import dev.coracle.scheduler.plugins.TaintToleration;
import dev.coracle.scheduler.plugins.VolumeBinding;
import dev.coracle.scheduler.plugins.VolumeRestrictions;
import dev.coracle.scheduler.plugins.VolumeZone;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The plugins that a profile filters and scores with, in the order of their turns.
 *
 * @param scores with their weights
 */
record Plugins(List<FilterPlugin> filters, List<Score> scores) {

  record Score(ScorePlugin plugin, int weight) {}

  static Plugins of(Profile profile) {
    List<FilterPlugin> filters = new ArrayList<>();
    for (Weighted each : profile.at(Point.FILTER)) {
      FilterPlugin filter = filter(each.plugin(), profile.args());
      if (filter != null) {
        filters.add(filter);
      }
    }
    List<Score> scores = new ArrayList<>();
    for (Weighted each : profile.at(Point.SCORE)) {
      ScorePlugin score = score(each.plugin(), profile.args());
      if (score != null) {
        scores.add(new Score(score, each.weight()));
      }
    }
    return new Plugins(List.copyOf(filters), List.copyOf(scores));
  }

  /** Null for a plugin whose work is not to filter here. */
  private static @Nullable FilterPlugin filter(String name, PluginArgs args) {
    return switch (name) {
      case "NodeUnschedulable" -> new NodeUnschedulable();
      case "NodeName" -> new NodeName();
      case "TaintToleration" -> new TaintToleration();
      case "NodeAffinity" -> new NodeAffinity(args.addedAffinity());
      case "NodePorts" -> new NodePorts();
      case "NodeResourcesFit" -> new NodeResourcesFit(args.fit());
      case "VolumeRestrictions" -> new VolumeRestrictions();
      case "NodeVolumeLimits" -> new NodeVolumeLimits();
      case "VolumeBinding" -> new VolumeBinding();
      case "VolumeZone" -> new VolumeZone();
      case "PodTopologySpread" -> new PodTopologySpread(args.spread());
      case "InterPodAffinity" -> interPodAffinity(args);
      case "DynamicResources" -> new DynamicResources();
      default -> null;
    };
  }

  private static @Nullable ScorePlugin score(String name, PluginArgs args) {
    return switch (name) {
      case "TaintToleration" -> new TaintToleration();
      case "NodeAffinity" -> new NodeAffinity(args.addedAffinity());
      case "NodeResourcesFit" -> new NodeResourcesFit(args.fit());
      case "NodeResourcesBalancedAllocation" -> new BalancedAllocation(args.balanced());
      case "PodTopologySpread" -> new PodTopologySpread(args.spread());
      case "InterPodAffinity" -> interPodAffinity(args);
      case "ImageLocality" -> new ImageLocality();
      default -> null;
    };
  }

  private static InterPodAffinity interPodAffinity(PluginArgs args) {
    return new InterPodAffinity(
        args.hardPodAffinityWeight(), args.ignorePreferredTermsOfExistingPods());
  }
}
