package dev.coracle.scheduler.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Backoff;
import dev.coracle.controller.Make;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.queue.SchedulingQueue.Entry;
import dev.coracle.scheduler.queue.SchedulingQueue.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulingQueueTest {

  private static final Set<String> FIT = Set.of("NodeResourcesFit");

  private final ControllableClock clock =
      new ControllableClock(Instant.parse("2026-11-21T04:00:00Z"));
  private final SchedulingQueue queue =
      new SchedulingQueue(
          clock,
          new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10)),
          (plugins, event) -> event == ClusterEvent.ASSIGNED_POD_DELETED);

  @AfterEach
  void close() {
    queue.close();
  }

  private static KubeObject pod(String name, int priority) {
    return Make.object(
        "{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: ns, uid: %s}, spec: {priority: %d}}"
            .formatted(name, name, priority));
  }

  private Entry put(String name) {
    queue.put(pod(name, 0), false);
    return take();
  }

  private Entry take() {
    try {
      return Objects.requireNonNull(queue.take());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private int count(Place place) {
    return queue.counts().getOrDefault(place, 0);
  }

  @Test
  void take_importantFirst_thenOldestFirst() {
    queue.put(pod("a", 0), false);
    queue.put(pod("b", 0), false);
    queue.put(pod("c", 9), false);
    assertThat(queue.pod(take()).name()).isEqualTo("c");
    assertThat(queue.pod(take()).name()).isEqualTo("a");
    assertThat(queue.pod(take()).name()).isEqualTo("b");
  }

  @Test
  void changed_eventThatDoesNotHelp_movesNothing() {
    queue.unschedulable(put("a"), FIT, false);
    queue.changed(ClusterEvent.NODE_LABELS);
    assertThat(count(Place.UNSCHEDULABLE)).isOne();
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED, pod -> pod.name().equals("other"));
    assertThat(count(Place.UNSCHEDULABLE)).isOne();
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    assertThat(count(Place.UNSCHEDULABLE)).isZero();
  }

  @Test
  void changed_duringTheCycle_countsOnlyIfItHelps() {
    Entry entry = put("a");
    queue.changed(ClusterEvent.NODE_LABELS);
    queue.unschedulable(entry, FIT, false);
    assertThat(count(Place.UNSCHEDULABLE)).isOne();
    Entry other = put("b");
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    queue.unschedulable(other, FIT, false);
    assertThat(count(Place.UNSCHEDULABLE)).isZero();
    assertThat(count(Place.BACKING_OFF)).isEqualTo(2);
  }

  @Test
  void take_nothingElseReady_doesNotWaitForTheBackOff() {
    queue.unschedulable(put("a"), FIT, false);
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    assertThat(count(Place.BACKING_OFF)).isOne();
    queue.put(pod("b", 0), false);
    assertThat(queue.pod(take()).name()).isEqualTo("b");
    assertThat(queue.pod(take()).name()).isEqualTo("a");
  }

  @Test
  void retry_afterAnError_waitsOutItsBackOff() {
    queue.retry(put("a"));
    assertThat(count(Place.BACKING_OFF)).isOne();
    clock.advance(Duration.ofMillis(999));
    assertThat(count(Place.BACKING_OFF)).isOne();
    clock.advance(Duration.ofMillis(2));
    assertThat(count(Place.READY)).isOne();
    queue.retry(take());
    clock.advance(Duration.ofMillis(1500));
    assertThat(count(Place.BACKING_OFF)).as("2 s the second time").isOne();
    clock.advance(Duration.ofMillis(600));
    assertThat(count(Place.READY)).isOne();
  }

  @Test
  void sweep_afterFiveMinutes_triesAgain() {
    queue.unschedulable(put("a"), FIT, false);
    clock.advance(Duration.ofMinutes(4));
    assertThat(count(Place.UNSCHEDULABLE)).isOne();
    clock.advance(Duration.ofSeconds(61));
    assertThat(count(Place.UNSCHEDULABLE)).isZero();
  }

  @Test
  void unschedulable_whilePreempting_comesWhenAllVictimsAreTold() {
    queue.unschedulable(put("a"), FIT, true);
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    assertThat(count(Place.UNSCHEDULABLE)).isOne();
    queue.preempted("a", false);
    assertThat(count(Place.UNSCHEDULABLE)).isZero();
    queue.unschedulable(take(), FIT, true);
    queue.preempted("a", false);
    assertThat(count(Place.UNSCHEDULABLE)).as("no victim is gone yet").isOne();
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    assertThat(count(Place.UNSCHEDULABLE)).isZero();
  }

  @Test
  void gate_closedThenOpen_isReadyOnlyThen() {
    queue.gate(pod("a", 0));
    queue.changed(ClusterEvent.ASSIGNED_POD_DELETED);
    assertThat(count(Place.GATED)).isOne();
    queue.put(pod("a", 7), true);
    assertThat(count(Place.READY)).isOne();
    assertThat(count(Place.GATED)).isZero();
    assertThat(queue.pod(take()).at("spec", "priority").asInt()).as("as it is now").isEqualTo(7);
  }

  @Test
  void remove_inEveryPlace_leavesNothing() {
    queue.unschedulable(put("a"), FIT, false);
    queue.retry(put("b"));
    queue.gate(pod("c", 0));
    Entry inCycle = put("d");
    queue.put(pod("e", 0), false);
    for (String uid : new String[] {"a", "b", "c", "d", "e"}) {
      queue.remove(uid);
    }
    queue.unschedulable(inCycle, FIT, false);
    queue.retry(inCycle);
    for (Place place : Place.values()) {
      assertThat(count(place)).as(place.name()).isZero();
    }
  }
}
