package dev.coracle.scheduler.config;

import dev.coracle.scheduler.config.SchedulerConfiguration.Weighted;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which plugins a profile has at each extension point. {@code multiPoint} stands for every point
 * that a plugin extends; what a point says itself goes before it.
 */
final class PluginSets {

  private static final String MULTI_POINT = "multiPoint";

  private final String profile;
  private final Fields plugins;
  private final List<Weighted> everywhere;

  private PluginSets(Fields profile, String name) {
    this.profile = name;
    Set<String> fields = new HashSet<>(Set.of(MULTI_POINT));
    for (Point point : Point.values()) {
      fields.add(point.field());
    }
    this.plugins = profile.child("plugins", fields);
    this.everywhere = everywhere();
  }

  static Map<Point, List<Weighted>> read(Fields profile, String name) {
    PluginSets sets = new PluginSets(profile, name);
    Map<Point, List<Weighted>> all = new EnumMap<>(Point.class);
    for (Point point : Point.values()) {
      all.put(point, List.copyOf(sets.at(point)));
    }
    int sorts = all.getOrDefault(Point.QUEUE_SORT, List.of()).size();
    if (sorts != 1) {
      throw sets.fail("only one queue sort plugin required", ", but got " + sorts);
    }
    if (all.getOrDefault(Point.BIND, List.of()).isEmpty()) {
      throw sets.fail("at least one bind plugin is needed", "");
    }
    return all;
  }

  private IllegalArgumentException fail(String what, String more) {
    return new IllegalArgumentException(
        what + " for profile with scheduler name \"" + profile + "\"" + more);
  }

  private List<Weighted> enabled(String set) {
    List<Weighted> enabled = new ArrayList<>();
    for (Fields each : set(set).list("enabled", Set.of("name", "weight"))) {
      enabled.add(new Weighted(each.text("name", ""), each.number("weight", 0)));
    }
    return enabled;
  }

  private Set<String> disabled(String set) {
    Set<String> names = new HashSet<>();
    for (Fields each : set(set).list("disabled", Set.of("name", "weight"))) {
      names.add(each.text("name", ""));
    }
    return names;
  }

  private Fields set(String name) {
    return plugins.child(name, Set.of("enabled", "disabled"));
  }

  /** The default plugins, replaced, left out and added to by multiPoint. */
  private List<Weighted> everywhere() {
    Map<String, Weighted> own = new LinkedHashMap<>();
    for (Weighted each : enabled(MULTI_POINT)) {
      if (!Point.PLUGINS.containsKey(each.plugin())) {
        throw new IllegalArgumentException("plugin \"" + each.plugin() + "\" does not exist");
      }
      if (own.put(each.plugin(), each) != null) {
        throw registeredTwice(each.plugin(), "MultiPoint");
      }
    }
    Set<String> disabled = disabled(MULTI_POINT);
    List<Weighted> all = new ArrayList<>();
    if (!disabled.contains("*")) {
      for (String plugin : Point.PLUGINS.keySet()) {
        if (!disabled.contains(plugin)) {
          Weighted replaced = own.remove(plugin);
          all.add(replaced != null ? replaced : new Weighted(plugin, weight(plugin)));
        }
      }
    }
    all.addAll(own.values());
    return all;
  }

  private static int weight(String plugin) {
    return Point.WEIGHTS.getOrDefault(plugin, 0);
  }

  private static IllegalArgumentException registeredTwice(String plugin, String where) {
    return new IllegalArgumentException(
        "plugin \"" + plugin + "\" already registered as \"" + where + "\"");
  }

  private static boolean extend(String plugin, Point point) {
    return Point.PLUGINS.getOrDefault(plugin, List.of()).contains(point);
  }

  /**
   * First those that multiPoint has too, in the point's own order, then the others of multiPoint,
   * then those that only the point has.
   */
  private List<Weighted> at(Point point) {
    Map<String, Weighted> own = new LinkedHashMap<>();
    for (Weighted each : enabled(point.field())) {
      if (!Point.PLUGINS.containsKey(each.plugin())) {
        throw new IllegalArgumentException(
            point.type() + " \"" + each.plugin() + "\" does not exist");
      }
      if (!extend(each.plugin(), point)) {
        throw new IllegalArgumentException(
            "plugin \"" + each.plugin() + "\" does not extend " + point.type() + " plugin");
      }
      if (own.put(each.plugin(), each) != null) {
        throw registeredTwice(each.plugin(), point.type());
      }
    }
    Set<String> disabled = disabled(point.field());
    Map<String, Weighted> shared = new HashMap<>();
    List<Weighted> others = new ArrayList<>();
    if (!disabled.contains("*")) {
      for (Weighted each : everywhere) {
        if (own.containsKey(each.plugin())) {
          shared.put(each.plugin(), each);
        } else if (extend(each.plugin(), point) && !disabled.contains(each.plugin())) {
          others.add(weighted(each));
        }
      }
    }
    List<Weighted> all = new ArrayList<>();
    own.values().stream()
        .filter(each -> shared.containsKey(each.plugin()))
        .forEach(each -> all.add(weighted(each)));
    all.addAll(others);
    own.values().stream()
        .filter(each -> !shared.containsKey(each.plugin()))
        .forEach(each -> all.add(weighted(each)));
    return all;
  }

  /** A plugin that is named without a weight counts once. */
  private static Weighted weighted(Weighted each) {
    return each.weight() == 0 ? new Weighted(each.plugin(), 1) : each;
  }
}
