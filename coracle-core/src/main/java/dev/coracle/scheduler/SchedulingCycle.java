package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.scheduler.framework.FilterPlugin.Rejection;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.profile.Decision;
import dev.coracle.scheduler.profile.Preemption;
import dev.coracle.scheduler.profile.Profiles;
import dev.coracle.scheduler.profile.VolumeBinder;
import dev.coracle.scheduler.queue.SchedulingQueue;
import dev.coracle.scheduler.state.ClusterState;
import dev.coracle.scheduler.state.Shared;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One Pod's turn: a node is chosen and assumed, and the binding begins; or room is made for the Pod
 * on one; or it waits.
 */
final class SchedulingCycle {

  private static final int LONGEST_MESSAGE = 1024;

  private final SharedInformer pods;
  private final Shared shared;
  private final SchedulingQueue queue;
  private final Profiles profiles;
  private final BindingCycle bindings;
  private final Evictions evictions;
  private final PodStatusWriter statuses;
  private final SchedulerMetrics metrics;

  SchedulingCycle(
      SharedInformer pods,
      Shared shared,
      SchedulingQueue queue,
      Profiles profiles,
      BindingCycle bindings,
      Evictions evictions,
      PodStatusWriter statuses,
      SchedulerMetrics metrics) {
    this.pods = pods;
    this.shared = shared;
    this.queue = queue;
    this.profiles = profiles;
    this.bindings = bindings;
    this.evictions = evictions;
    this.statuses = statuses;
    this.metrics = metrics;
  }

  /** What a cycle comes to. */
  private sealed interface Result {}

  private record Assumed(NodeInfo node, VolumeBinder.@Nullable Reservation volumes)
      implements Result {}

  /**
   * @param nominated the node that the Pod is promised; empty for none; null when that stays as it
   *     is
   * @param displaced Pods whose promise that ends
   */
  private record Refused(
      Decision.None none,
      String message,
      Preemption.@Nullable Choice choice,
      @Nullable String nominated,
      List<KubeObject> displaced)
      implements Result {}

  void run(SchedulingQueue.Entry entry) throws InterruptedException {
    KubeObject pod = queue.pod(entry);
    Profiles.Profile profile = profiles.of(pod);
    if (isNoMore(pod, profile)) {
      queue.done(entry);
      return;
    }
    long began = System.nanoTime();
    JsonNode tree = pod.tree();
    PodInfo info = PodInfo.of(pod);
    Result result = shared.locked(() -> decide(info, profile));
    Reference.reachabilityFence(tree);
    long took = System.nanoTime() - began;
    switch (result) {
      case Assumed(NodeInfo node, var volumes) -> {
        metrics.scheduled(profile.name(), took);
        VolumeBinder binder = profile.binder();
        if (binder == null || volumes == null || volumes.isEmpty()) {
          bindings.begin(entry, pod, node.name(), profile);
        } else {
          bindings.beginWithVolumes(entry, pod, volumes, binder, profile);
        }
      }
      case Refused refused -> {
        metrics.unschedulable(profile.name(), took);
        refuse(entry, pod, profile, refused);
      }
    }
  }

  private boolean isNoMore(KubeObject pod, Profiles.Profile profile) {
    KubeObject shown = pods.get(pod.namespace(), pod.name());
    if (shown == null || !shown.uid().equals(pod.uid())) {
      return true;
    }
    if (shown.isDeleting()) {
      String what = "skip schedule deleting pod: " + pod.namespace() + "/" + pod.name();
      profile.events().warning(pod, "FailedScheduling", what);
      return true;
    }
    return shared.isAssumed(pod.uid());
  }

  private Result decide(PodInfo pod, Profiles.Profile profile) {
    ClusterState state = shared.state();
    ClusterState.Overlaid cluster = shared.nominations().seenBy(pod, state);
    String promised = shared.nominations().of(pod.uid());
    NodeInfo first = promised == null ? null : cluster.find(promised);
    return switch (profile.algorithm().choose(pod, cluster, first)) {
      case Decision.Node(NodeInfo node) -> {
        shared.assume(pod, node.name());
        VolumeBinder binder = profile.binder();
        yield new Assumed(node, binder == null ? null : binder.reserve(pod, node));
      }
      case Decision.None none -> afterFilters(pod, profile, none, cluster);
    };
  }

  /** Tries what the profile says when no node will do: room can be made by preemption. */
  private Refused afterFilters(
      PodInfo pod, Profiles.Profile profile, Decision.None none, ClusterState.Overlaid cluster) {
    if (none.nodes() == 0 || profile.postFilters().isEmpty()) {
      shared.nominations().forget(pod.uid());
      return new Refused(none, none.message(""), null, "", List.of());
    }
    List<String> reasons = new ArrayList<>();
    String nominated = null;
    for (String plugin : profile.postFilters()) {
      if (plugin.equals("DynamicResources")) {
        if (!none.all().isEmpty()) {
          // kube-scheduler's plugin misses what it would have noted later in the same phase
          return new Refused(none, none.message("not found"), null, null, List.of());
        }
        reasons.add("no new claims to deallocate");
        continue;
      }
      String no = mayNotPreempt(pod, none);
      if (!no.isEmpty()) {
        reasons.add("preemption: " + no);
        continue;
      }
      metrics.preemptionAttempted();
      switch (profile.preemption().find(pod, none, cluster)) {
        case Preemption.Choice choice -> {
          String node = choice.node().name();
          List<KubeObject> displaced = shared.nominations().displace(pod, node);
          shared.nominations().promise(pod, node);
          metrics.preempted(choice.victims().size());
          return new Refused(none, none.message(""), choice, node, displaced);
        }
        case Preemption.Nothing(String message) -> {
          shared.nominations().forget(pod.uid());
          nominated = "";
          reasons.add("preemption: " + message);
        }
      }
    }
    return new Refused(none, none.message(String.join(", ", reasons)), null, nominated, List.of());
  }

  /** Why a Pod may not take the place of others; empty when it may. */
  private String mayNotPreempt(PodInfo pod, Decision.None none) {
    if (pod.spec().path("preemptionPolicy").asText().equals("Never")) {
      return "not eligible due to preemptionPolicy=Never.";
    }
    String promised = shared.nominations().of(pod.uid());
    NodeInfo node = promised == null ? null : shared.state().find(promised);
    Rejection rejection = node == null ? null : none.rejections().get(node.name());
    if (node == null || (rejection != null && !rejection.resolvable())) {
      return "";
    }
    for (PodInfo other : node.pods()) {
      if (other.isDeleting() && other.priority() < pod.priority() && isVictim(other.pod())) {
        return "not eligible due to a terminating pod on the nominated node.";
      }
    }
    return "";
  }

  private static boolean isVictim(KubeObject pod) {
    for (JsonNode condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText().equals("DisruptionTarget")) {
        return condition.path("status").asText().equals("True")
            && condition.path("reason").asText().equals("PreemptionByScheduler");
      }
    }
    return false;
  }

  private void refuse(
      SchedulingQueue.Entry entry, KubeObject pod, Profiles.Profile profile, Refused refused) {
    Preemption.Choice choice = refused.choice();
    queue.unschedulable(entry, refused.none().rejectedBy(), choice != null);
    profile.events().warning(pod, "FailedScheduling", shortened(refused.message()));
    statuses.notScheduled(pod, "Unschedulable", refused.message(), refused.nominated());
    refused.displaced().forEach(other -> statuses.nominated(other, ""));
    if (choice != null) {
      evictions.begin(pod, profile.name(), choice, profile.events());
    }
  }

  /** Something else went wrong than that no node would do. */
  void fail(SchedulingQueue.Entry entry, RuntimeException failure) {
    KubeObject pod = queue.pod(entry);
    Profiles.Profile profile = profiles.find(pod);
    queue.retry(entry);
    if (profile != null) {
      String message = String.valueOf(failure.getMessage());
      profile.events().warning(pod, "FailedScheduling", shortened(message));
      statuses.notScheduled(pod, "SchedulerError", message, "");
    }
  }

  private static String shortened(String message) {
    String more = " ...";
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE - more.length()) + more;
  }
}
