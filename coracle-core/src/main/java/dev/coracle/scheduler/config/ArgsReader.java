package dev.coracle.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.scheduler.config.PluginArgs.Candidates;
import dev.coracle.scheduler.config.PluginArgs.DefaultConstraint;
import dev.coracle.scheduler.config.PluginArgs.Fit;
import dev.coracle.scheduler.config.PluginArgs.ResourceWeight;
import dev.coracle.scheduler.config.PluginArgs.ShapePoint;
import dev.coracle.scheduler.config.PluginArgs.Spread;
import dev.coracle.scheduler.config.PluginArgs.Strategy;
import dev.coracle.scheduler.config.PluginArgs.StrategyType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The {@code pluginConfig} of a profile: defaulted and validated as kube-scheduler does. */
final class ArgsReader {

  private static final List<String> ACTIONS = List.of("DoNotSchedule", "ScheduleAnyway");

  private final Map<String, JsonNode> args = new HashMap<>();
  private final Map<String, String> paths = new HashMap<>();

  private ArgsReader(Fields profile) {
    for (Fields each : profile.list("pluginConfig", Set.of("name", "args"))) {
      String plugin = each.text("name", "");
      if (args.put(plugin, each.get("args")) != null) {
        throw new IllegalArgumentException("repeated config for plugin " + plugin);
      }
      paths.put(plugin, each.at("args"));
      checkKind(plugin, each.get("args"));
    }
  }

  static PluginArgs read(Fields profile) {
    ArgsReader reader = new ArgsReader(profile);
    Fields interPod =
        reader.of(
            "InterPodAffinity", "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods");
    reader.of("DynamicResources", "filterTimeout", "bindingTimeout");
    return new PluginArgs(
        reader.fit(),
        reader.balanced(),
        reader.spread(),
        interPod.number("hardPodAffinityWeight", 1, 0, 100),
        interPod.flag("ignorePreferredTermsOfExistingPods"),
        reader.addedAffinity(),
        reader.candidates(),
        reader.bindTimeout());
  }

  private static void checkKind(String plugin, JsonNode args) {
    String kind = args.path("kind").asText(plugin + "Args");
    if (!kind.equals(plugin + "Args")) {
      throw new IllegalArgumentException(
          "args for plugin "
              + plugin
              + " were not of type "
              + plugin
              + "Args.kubescheduler.config.k8s.io, got "
              + kind
              + ".kubescheduler.config.k8s.io");
    }
  }

  private Fields of(String plugin, String... known) {
    Set<String> fields = new HashSet<>(Arrays.asList(known));
    fields.addAll(List.of("apiVersion", "kind"));
    JsonNode found = args.getOrDefault(plugin, MissingNode.getInstance());
    return new Fields(found, paths.getOrDefault(plugin, ""), fields);
  }

  private Fit fit() {
    Fields fields =
        of("NodeResourcesFit", "ignoredResources", "ignoredResourceGroups", "scoringStrategy");
    List<String> groups = fields.texts("ignoredResourceGroups");
    for (String group : groups) {
      if (group.contains("/")) {
        throw fields.invalid(
            "ignoredResourceGroups[" + groups.indexOf(group) + "]",
            group,
            "resource group name can't contain '/'");
      }
    }
    return new Fit(
        Set.copyOf(fields.texts("ignoredResources")), Set.copyOf(groups), strategy(fields));
  }

  private static Strategy strategy(Fields fit) {
    if (!fit.has("scoringStrategy")) {
      return PluginArgs.DEFAULT.fit().strategy();
    }
    Fields fields =
        fit.child("scoringStrategy", Set.of("type", "resources", "requestedToCapacityRatio"));
    String word = fields.text("type", "");
    StrategyType type = null;
    for (StrategyType each : StrategyType.values()) {
      type = each.word().equals(word) ? each : type;
    }
    if (type == null) {
      throw fields.unsupported(
          "type", word, Arrays.stream(StrategyType.values()).map(StrategyType::word).toList());
    }
    List<ResourceWeight> resources = new ArrayList<>();
    for (Fields each : fields.list("resources", Set.of("name", "weight"))) {
      ResourceWeight one = resource(each);
      if (one.weight() < 0 || one.weight() > 100) {
        String why = "resource weight of " + one.name() + " not in valid range (0, 100]";
        throw each.invalid("weight", one.weight(), why);
      }
      resources.add(one);
    }
    return new Strategy(
        type,
        resources.isEmpty() ? PluginArgs.DEFAULT.balanced() : List.copyOf(resources),
        shape(fields, type == StrategyType.RATIO));
  }

  private static ResourceWeight resource(Fields fields) {
    int weight = fields.number("weight", 0);
    return new ResourceWeight(fields.text("name", ""), weight == 0 ? 1 : weight);
  }

  private static List<ShapePoint> shape(Fields strategy, boolean wanted) {
    String field = "requestedToCapacityRatio";
    if (!wanted) {
      if (strategy.has(field)) {
        throw new IllegalArgumentException(
            strategy.at(field)
                + ": Forbidden: must be nil when type is not RequestedToCapacityRatio");
      }
      return List.of();
    }
    if (!strategy.has(field)) {
      throw strategy.required(field, "must be specified when type is RequestedToCapacityRatio");
    }
    Fields ratio = strategy.child(field, Set.of("shape"));
    List<ShapePoint> points = new ArrayList<>();
    for (Fields each : ratio.list("shape", Set.of("utilization", "score"))) {
      int utilization = each.number("utilization", 0, 0, 100);
      if (!points.isEmpty() && points.getLast().utilization() >= utilization) {
        throw each.invalid("utilization", utilization, "values must be sorted in increasing order");
      }
      points.add(new ShapePoint(utilization, each.number("score", 0, 0, 10)));
    }
    if (points.isEmpty()) {
      throw ratio.required("shape", "at least one point must be specified");
    }
    return List.copyOf(points);
  }

  private List<ResourceWeight> balanced() {
    Fields fields = of("NodeResourcesBalancedAllocation", "resources");
    List<ResourceWeight> resources = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Fields each : fields.list("resources", Set.of("name", "weight"))) {
      ResourceWeight one = resource(each);
      if (!names.add(one.name())) {
        throw new IllegalArgumentException(
            each.at("name") + ": Duplicate value: \"" + one.name() + "\"");
      }
      if (one.weight() != 1) {
        throw each.invalid("weight", one.weight(), "must be 1");
      }
      resources.add(one);
    }
    return resources.isEmpty() ? PluginArgs.DEFAULT.balanced() : List.copyOf(resources);
  }

  private Spread spread() {
    Fields fields = of("PodTopologySpread", "defaultConstraints", "defaultingType");
    String type = fields.text("defaultingType", "System");
    if (!type.equals("System") && !type.equals("List")) {
      throw fields.unsupported("defaultingType", type, List.of("System", "List"));
    }
    boolean system = type.equals("System");
    if (system && fields.get("defaultConstraints").size() > 0) {
      throw fields.invalid("defaultingType", type, "when .defaultConstraints are not empty");
    }
    List<DefaultConstraint> constraints = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Set<String> known =
        Set.of(
            "maxSkew",
            "topologyKey",
            "whenUnsatisfiable",
            "labelSelector",
            "minDomains",
            "nodeAffinityPolicy",
            "nodeTaintsPolicy",
            "matchLabelKeys");
    for (Fields each : fields.list("defaultConstraints", known)) {
      DefaultConstraint constraint = constraint(each);
      if (!seen.add(constraint.topologyKey() + " " + constraint.whenUnsatisfiable())) {
        throw new IllegalArgumentException(
            fields.at("defaultConstraints")
                + "["
                + constraints.size()
                + "]: Duplicate value: \"{"
                + constraint.topologyKey()
                + ", "
                + constraint.whenUnsatisfiable()
                + "}\"");
      }
      constraints.add(constraint);
    }
    return system ? Spread.SYSTEM : new Spread(false, List.copyOf(constraints));
  }

  private static DefaultConstraint constraint(Fields fields) {
    int maxSkew = fields.number("maxSkew", 0);
    if (maxSkew <= 0) {
      throw fields.invalid("maxSkew", maxSkew, "not in valid range (0, inf)");
    }
    String key = fields.text("topologyKey", "");
    if (key.isEmpty()) {
      throw fields.required("topologyKey", "can not be empty");
    }
    String otherwise = fields.text("whenUnsatisfiable", "");
    if (otherwise.isEmpty()) {
      throw fields.required("whenUnsatisfiable", "can not be empty");
    }
    if (!ACTIONS.contains(otherwise)) {
      throw fields.unsupported("whenUnsatisfiable", otherwise, ACTIONS);
    }
    if (fields.has("labelSelector")) {
      throw new IllegalArgumentException(
          fields.at("labelSelector")
              + ": Forbidden: constraint must not define a selector, as they deduced for each pod");
    }
    return new DefaultConstraint(
        key,
        maxSkew,
        otherwise,
        fields.number("minDomains", 1),
        !fields.text("nodeAffinityPolicy", "").equals("Ignore"),
        fields.text("nodeTaintsPolicy", "").equals("Honor"));
  }

  private JsonNode addedAffinity() {
    Fields fields = of("NodeAffinity", "addedAffinity");
    Fields added =
        fields.child(
            "addedAffinity",
            Set.of(
                "requiredDuringSchedulingIgnoredDuringExecution",
                "preferredDuringSchedulingIgnoredDuringExecution"));
    String required = "requiredDuringSchedulingIgnoredDuringExecution";
    if (added.has(required) && added.get(required).path("nodeSelectorTerms").isEmpty()) {
      throw added.required(
          required + ".nodeSelectorTerms", "must have at least one node selector term");
    }
    return fields.get("addedAffinity");
  }

  private Candidates candidates() {
    Fields fields =
        of("DefaultPreemption", "minCandidateNodesPercentage", "minCandidateNodesAbsolute");
    int percentage = fields.number("minCandidateNodesPercentage", 10, 0, 100);
    int absolute = fields.number("minCandidateNodesAbsolute", 100);
    if (absolute < 0) {
      throw fields.invalid("minCandidateNodesAbsolute", absolute, "not in valid range [0, inf)");
    }
    if (percentage == 0 && absolute == 0) {
      throw fields.invalid(
          "minCandidateNodesPercentage",
          percentage,
          "cannot be zero at the same time as minCandidateNodesAbsolute");
    }
    return new Candidates(percentage, absolute);
  }

  private Duration bindTimeout() {
    Fields fields = of("VolumeBinding", "bindTimeoutSeconds", "shape");
    int seconds = fields.number("bindTimeoutSeconds", 600);
    if (seconds < 0) {
      throw fields.invalid(
          "bindTimeoutSeconds",
          seconds,
          "invalid BindTimeoutSeconds, should not be a negative value");
    }
    if (fields.has("shape")) {
      throw fields.invalid(
          "shape",
          fields.get("shape").toString(),
          "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring");
    }
    return Duration.ofSeconds(seconds);
  }
}
