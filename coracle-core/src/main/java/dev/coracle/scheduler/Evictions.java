package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.profile.Preemption;
import dev.coracle.scheduler.queue.SchedulingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the Pods that are in the way of a more important one. */
final class Evictions {

  private static final Logger LOG = LoggerFactory.getLogger(Evictions.class);
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");

  private final Client client;
  private final Clock clock;
  private final SchedulingQueue queue;

  Evictions(Client client, Clock clock, SchedulingQueue queue) {
    this.client = client;
    this.clock = clock;
    this.queue = queue;
  }

  /** Beside the loop; the Pod does not try again before all victims are told. */
  void begin(KubeObject pod, String scheduler, Preemption.Choice choice, EventRecorder events) {
    Thread.ofVirtual()
        .name("preempt")
        .start(
            () -> {
              boolean failed = false;
              for (PodInfo victim : choice.victims()) {
                failed |= !evict(pod, scheduler, victim.pod(), choice.node().name(), events);
              }
              queue.preempted(pod.uid(), failed);
            });
  }

  private boolean evict(
      KubeObject pod, String scheduler, KubeObject victim, String node, EventRecorder events) {
    if (victim.isDeleting()) {
      return true;
    }
    try {
      client.patch(
          PODS,
          victim.namespace(),
          victim.name(),
          "status",
          PatchType.STRATEGIC,
          condition(victim, scheduler),
          WriteOptions.NONE);
      client.delete(PODS, victim.namespace(), victim.name(), DeleteOptions.uid(victim.uid()));
      events.normal(victim, "Preempted", "Preempted by pod " + pod.uid() + " on node " + node);
      return true;
    } catch (StatusException e) {
      LOG.debug("victim {} not deleted: {}", victim, e.getMessage());
      return e.isNotFound();
    }
  }

  private ObjectNode condition(KubeObject victim, String scheduler) {
    ObjectNode patch = Json.object();
    ObjectNode condition =
        patch
            .putObject("status")
            .putArray("conditions")
            .addObject()
            .put("type", "DisruptionTarget")
            .put("status", "True")
            .put("reason", "PreemptionByScheduler")
            .put("message", scheduler + ": preempting to accommodate a higher priority pod")
            .put("lastTransitionTime", Timestamps.seconds(clock.instant()));
    if (victim.generation() > 0) {
      condition.put("observedGeneration", victim.generation());
    }
    return patch;
  }
}
