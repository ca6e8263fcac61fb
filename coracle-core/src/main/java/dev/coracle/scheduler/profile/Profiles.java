package dev.coracle.scheduler.profile;

import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.scheduler.config.Point;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.state.StorageState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The schedulers that this one is, by the names that Pods ask for. */
public final class Profiles implements AutoCloseable {

  /**
   * One of them.
   *
   * @param postFilters what is tried when no node will do, in their order
   * @param binder of volumes; null when the profile does not bind them
   * @param gates whether closed scheduling gates keep a Pod back
   */
  public record Profile(
      String name,
      Algorithm algorithm,
      Preemption preemption,
      List<String> postFilters,
      @Nullable VolumeBinder binder,
      boolean gates,
      EventRecorder events) {}

  private final Map<String, Profile> byName = new LinkedHashMap<>();

  public Profiles(
      SchedulerConfiguration configuration,
      Client client,
      Clock clock,
      StorageState storage,
      Supplier<List<KubeObject>> budgets,
      RandomGenerator random) {
    for (SchedulerConfiguration.Profile each : configuration.profiles()) {
      int own = each.percentageOfNodesToScore();
      int percentage = own >= 0 ? own : configuration.percentageOfNodesToScore();
      Algorithm algorithm = new Algorithm(Plugins.of(each), percentage, random);
      List<String> postFilters = new ArrayList<>();
      each.at(Point.POST_FILTER).forEach(plugin -> postFilters.add(plugin.plugin()));
      byName.put(
          each.name(),
          new Profile(
              each.name(),
              algorithm,
              new Preemption(algorithm, each.args().candidates(), budgets, random),
              List.copyOf(postFilters),
              each.has(Point.PRE_BIND, "VolumeBinding")
                  ? new VolumeBinder(client, storage, clock, each.args().bindTimeout())
                  : null,
              each.has(Point.PRE_ENQUEUE, "SchedulingGates"),
              new EventRecorder(client, clock, each.name(), "")));
    }
  }

  public Iterable<String> names() {
    return byName.keySet();
  }

  /** Null for a Pod that asks for another scheduler. */
  public @Nullable Profile find(KubeObject pod) {
    String name = pod.text("spec", "schedulerName");
    return byName.get(name.isEmpty() ? SchedulerConfiguration.DEFAULT_NAME : name);
  }

  public Profile of(KubeObject pod) {
    Profile profile = find(pod);
    if (profile == null) {
      throw new IllegalStateException(pod + " is another scheduler's");
    }
    return profile;
  }

  /** Whether an event may help a Pod, by any of the profiles. */
  public boolean help(Set<String> rejectedBy, ClusterEvent event) {
    for (Profile profile : byName.values()) {
      if (profile.algorithm.helps(rejectedBy, event)) {
        return true;
      }
    }
    return false;
  }

  /** Something changed that Pods may wait for whose volumes are being bound. */
  public void storageChanged() {
    for (Profile profile : byName.values()) {
      if (profile.binder != null) {
        profile.binder.changed();
      }
    }
  }

  @Override
  public void close() {
    for (Profile profile : byName.values()) {
      if (profile.binder != null) {
        profile.binder.close();
      }
      profile.events.close();
    }
  }
}
