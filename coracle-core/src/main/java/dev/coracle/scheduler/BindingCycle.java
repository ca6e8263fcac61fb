package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.SharedInformer;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.profile.Profiles;
import dev.coracle.scheduler.profile.VolumeBinder;
import dev.coracle.scheduler.queue.SchedulingQueue;
import dev.coracle.scheduler.state.Shared;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a decision true beside the next Pod's turn: binds the Pod's volumes, then the Pod; or takes
 * it back.
 */
final class BindingCycle {

  private static final Logger LOG = LoggerFactory.getLogger(BindingCycle.class);
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final int AT_A_TIME = 64;

  private final Client client;
  private final SharedInformer pods;
  private final Shared shared;
  private final SchedulingQueue queue;
  private final PodStatusWriter statuses;
  private final Semaphore places = new Semaphore(AT_A_TIME);

  BindingCycle(
      Client client,
      SharedInformer pods,
      Shared shared,
      SchedulingQueue queue,
      PodStatusWriter statuses) {
    this.client = client;
    this.pods = pods;
    this.shared = shared;
    this.queue = queue;
    this.statuses = statuses;
  }

  void begin(SchedulingQueue.Entry entry, KubeObject pod, String node, Profiles.Profile profile)
      throws InterruptedException {
    places.acquire();
    Thread.ofVirtual()
        .name("bind")
        .start(
            () -> {
              try {
                bind(entry, pod, node, profile);
              } finally {
                places.release();
              }
            });
  }

  /**
   * Volumes may take minutes: they wait without one of the places, and meanwhile the Pod's status
   * says which node it is to have.
   */
  void beginWithVolumes(
      SchedulingQueue.Entry entry,
      KubeObject pod,
      VolumeBinder.Reservation reservation,
      VolumeBinder binder,
      Profiles.Profile profile) {
    String node = reservation.node().name();
    statuses.nominated(pod, node);
    Thread.ofVirtual()
        .name("bind-volumes")
        .start(
            () -> {
              try {
                binder.bind(reservation, () -> shared.isAssumed(pod.uid()));
                begin(entry, pod, node, profile);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                shared.locked(() -> binder.release(reservation));
                withdraw(entry, pod, profile, String.valueOf(e.getMessage()), e);
              }
            });
  }

  private void bind(
      SchedulingQueue.Entry entry, KubeObject pod, String node, Profiles.Profile profile) {
    ObjectNode binding = Json.object().put("kind", "Binding").put("apiVersion", "v1");
    binding
        .putObject("metadata")
        .put("name", pod.name())
        .put("namespace", pod.namespace())
        .put("uid", pod.uid());
    binding.putObject("target").put("kind", "Node").put("name", node);
    try {
      client.createSubresource(PODS, pod.namespace(), pod.name(), "binding", binding);
      queue.done(entry);
      profile
          .events()
          .normal(
              pod,
              "Scheduled",
              "Successfully assigned " + pod.namespace() + "/" + pod.name() + " to " + node);
    } catch (RuntimeException e) {
      String message = "running Bind plugin \"DefaultBinder\": " + e.getMessage();
      withdraw(entry, pod, profile, message, e);
    }
  }

  /** The binding failed: the Pod is where it was. */
  private void withdraw(
      SchedulingQueue.Entry entry,
      KubeObject pod,
      Profiles.Profile profile,
      String message,
      RuntimeException failure) {
    if (!shared.withdraw(pod.uid())) {
      // the API shows that it has a node, or that it is gone
      queue.done(entry);
      return;
    }
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED, other -> !other.uid().equals(pod.uid()));
    boolean gone =
        failure instanceof StatusException status
            && status.isNotFound()
            && pods.get(pod.namespace(), pod.name()) == null;
    if (gone) {
      queue.done(entry);
      return;
    }
    LOG.debug("binding {} failed: {}", pod, failure.getMessage());
    queue.retry(entry);
    profile.events().warning(pod, "FailedScheduling", message);
    statuses.notScheduled(pod, "SchedulerError", message, "");
  }
}
