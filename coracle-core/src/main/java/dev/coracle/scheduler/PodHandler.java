package dev.coracle.scheduler;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.profile.Profiles;
import dev.coracle.scheduler.queue.SchedulingQueue;
import dev.coracle.scheduler.state.ClusterState;
import dev.coracle.scheduler.state.Shared;
import org.jspecify.annotations.Nullable;

/** Pods as the API shows them: on their nodes, or in the queue. */
final class PodHandler implements SharedInformer.Handler {

  private final Shared shared;
  private final SchedulingQueue queue;
  private final Profiles profiles;

  PodHandler(Shared shared, SchedulingQueue queue, Profiles profiles) {
    this.shared = shared;
    this.queue = queue;
    this.profiles = profiles;
  }

  @Override
  public void added(KubeObject pod) {
    show(null, pod);
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    show(before, now);
  }

  @Override
  public void deleted(KubeObject last) {
    gone(last);
  }

  private void show(@Nullable KubeObject before, KubeObject pod) {
    if (isFinished(pod)) {
      gone(pod);
    } else if (!pod.text("spec", "nodeName").isEmpty()) {
      onNode(pod);
    } else {
      Profiles.Profile profile = profiles.find(pod);
      if (profile == null || pod.isDeleting()) {
        leave(pod);
      } else if (profile.gates() && !pod.at("spec", "schedulingGates").isEmpty()) {
        queue.gate(pod);
      } else {
        waits(before, pod);
      }
    }
  }

  private static boolean isFinished(KubeObject pod) {
    String phase = pod.text("status", "phase");
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private void onNode(KubeObject pod) {
    boolean[] fromQueue = {false};
    PodInfo[] states = new PodInfo[2];
    shared.locked(
        () -> {
          ClusterState state = shared.state();
          fromQueue[0] = shared.assumed().remove(pod.uid());
          shared.nominations().forget(pod.uid());
          states[0] = state.showPod(pod, pod.text("spec", "nodeName"));
          states[1] = state.pod(pod.uid());
        });
    PodInfo before = states[0];
    PodInfo now = states[1];
    if (before == null || fromQueue[0]) {
      queue.remove(pod.uid());
      queue.changed(ClusterEvent.ASSIGNED_POD_ADDED);
    } else if (now != null && !before.labels().equals(now.labels())) {
      queue.changed(ClusterEvent.ASSIGNED_POD_LABELS);
    }
    if (before != null && now != null && !before.requests().isWithin(now.requests())) {
      queue.changed(ClusterEvent.ASSIGNED_POD_SCALED_DOWN);
    }
  }

  private void waits(@Nullable KubeObject before, KubeObject pod) {
    String promised = pod.text("status", "nominatedNodeName");
    boolean already =
        shared.locked(
            () -> {
              boolean assumed = shared.assumed().contains(pod.uid());
              if (!assumed && before == null && !promised.isEmpty()) {
                // promised by a scheduler before this one
                shared.nominations().promise(PodInfo.of(pod), promised);
              }
              return assumed;
            });
    if (!already) {
      boolean relevant =
          before != null
              && (!before.labels().equals(pod.labels())
                  || !before.at("spec").equals(pod.at("spec")));
      queue.put(pod, relevant);
    }
  }

  private void leave(KubeObject pod) {
    shared.locked(() -> shared.nominations().forget(pod.uid()));
    queue.remove(pod.uid());
  }

  private void gone(KubeObject pod) {
    boolean hadNode =
        shared.locked(
            () -> {
              boolean known = shared.state().hasPod(pod.uid());
              shared.assumed().remove(pod.uid());
              shared.nominations().forget(pod.uid());
              shared.state().removePod(pod.uid());
              return known;
            });
    queue.remove(pod.uid());
    profiles.storageChanged();
    if (hadNode) {
      queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    }
  }
}
