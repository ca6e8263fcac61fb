package dev.coracle.scheduler.config;

import java.util.List;
import java.util.Map;

/** The extension points that a configuration names, and which plugin extends which. */
public enum Point {
  PRE_ENQUEUE("preEnqueue"),
  QUEUE_SORT("queueSort"),
  PRE_FILTER("preFilter"),
  FILTER("filter"),
  POST_FILTER("postFilter"),
  PRE_SCORE("preScore"),
  SCORE("score"),
  RESERVE("reserve"),
  PERMIT("permit"),
  PRE_BIND("preBind"),
  BIND("bind"),
  POST_BIND("postBind");

  /** The default plugins in their order, with the points that each extends. */
  static final Map<String, List<Point>> PLUGINS = plugins();

  /** The weights of the plugins that score. */
  static final Map<String, Integer> WEIGHTS =
      Map.of(
          "TaintToleration", 3,
          "NodeAffinity", 2,
          "NodeResourcesFit", 1,
          "PodTopologySpread", 2,
          "InterPodAffinity", 2,
          "NodeResourcesBalancedAllocation", 1,
          "ImageLocality", 1);

  private final String field;

  Point(String field) {
    this.field = field;
  }

  /** Its name in a profile. */
  String field() {
    return field;
  }

  /** The name of the interface of its plugins, as kube-scheduler's errors have it. */
  String type() {
    return Character.toUpperCase(field.charAt(0)) + field.substring(1) + "Plugin";
  }

  private static Map<String, List<Point>> plugins() {
    Map<String, List<Point>> plugins = new java.util.LinkedHashMap<>();
    plugins.put("SchedulingGates", List.of(PRE_ENQUEUE));
    plugins.put("PrioritySort", List.of(QUEUE_SORT));
    plugins.put("NodeUnschedulable", List.of(FILTER));
    plugins.put("NodeName", List.of(FILTER));
    plugins.put("TaintToleration", List.of(FILTER, PRE_SCORE, SCORE));
    plugins.put("NodeAffinity", List.of(PRE_FILTER, FILTER, PRE_SCORE, SCORE));
    plugins.put("NodePorts", List.of(PRE_FILTER, FILTER));
    plugins.put("NodeResourcesFit", List.of(PRE_FILTER, FILTER, PRE_SCORE, SCORE));
    plugins.put("VolumeRestrictions", List.of(PRE_FILTER, FILTER));
    plugins.put("NodeVolumeLimits", List.of(PRE_FILTER, FILTER));
    plugins.put("VolumeBinding", List.of(PRE_FILTER, FILTER, RESERVE, PRE_BIND));
    plugins.put("VolumeZone", List.of(PRE_FILTER, FILTER));
    plugins.put("PodTopologySpread", List.of(PRE_FILTER, FILTER, PRE_SCORE, SCORE));
    plugins.put("InterPodAffinity", List.of(PRE_FILTER, FILTER, PRE_SCORE, SCORE));
    plugins.put("DynamicResources", List.of(PRE_ENQUEUE, PRE_FILTER, FILTER, POST_FILTER));
    plugins.put("DefaultPreemption", List.of(PRE_ENQUEUE, POST_FILTER));
    plugins.put("NodeResourcesBalancedAllocation", List.of(PRE_SCORE, SCORE));
    plugins.put("ImageLocality", List.of(SCORE));
    plugins.put("DefaultBinder", List.of(BIND));
    return java.util.Collections.unmodifiableMap(plugins);
  }
}
