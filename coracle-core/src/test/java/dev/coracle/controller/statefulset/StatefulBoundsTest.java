package dev.coracle.controller.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.PodStream;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Twenty StatefulSets with random sizes, policies and bounds, rolled side by side and changed again
 * in the middle: every event of the Pods' watch stream must show each within its bounds.
 */
class StatefulBoundsTest {

  private static final int COUNT = 20;

  /**
   * @param unavailable 0 leaves {@code maxUnavailable} out, which means one at a time
   */
  private record Schedule(
      String name, int replicas, boolean parallel, int unavailable, int partition, int rolls) {

    static Schedule random(int number, Random random) {
      int replicas = 1 + random.nextInt(6);
      boolean parallel = random.nextBoolean();
      return new Schedule(
          "s" + number,
          replicas,
          parallel,
          // without it, a Parallel set that is changed in the middle counts the last Pod only
          parallel ? 1 + random.nextInt(3) : random.nextInt(4),
          random.nextInt(3) == 0 ? random.nextInt(replicas) : 0,
          1 + random.nextInt(3));
    }

    String yaml() {
      return """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %s}
      spec:
        replicas: %d
        podManagementPolicy: %s
        updateStrategy:
          type: RollingUpdate
          rollingUpdate: {partition: %d%s}
        selector: {matchLabels: {workload: %s}}
        template:
          metadata: {labels: {workload: %s}}
          spec: {containers: [{name: main, image: v0}]}
      """
          .formatted(
              name,
              replicas,
              parallel ? "Parallel" : "OrderedReady",
              partition,
              unavailable == 0 ? "" : ", maxUnavailable: " + unavailable,
              name,
              name);
    }

    boolean isRolledOut(KubeObject set) {
      return set.at("status", "observedGeneration").asLong() == set.generation()
          && set.at("status", "updatedReplicas").asInt() >= replicas - partition
          && set.at("status", "replicas").asInt() == replicas
          && set.at("status", "availableReplicas").asInt() == replicas;
    }
  }

  @Test
  void rollingUpdates_ofTwentyStatefulSets_stayWithinTheirBounds() throws Exception {
    Random random = new Random(20261121);
    List<Schedule> schedules = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      schedules.add(Schedule.random(i, random));
    }
    try (ControlPlaneInMemory cluster = ControlPlaneInMemory.start()) {
      cluster.addNode("node-1", "64", 500);
      StoryNamespace space = new StoryNamespace(cluster, "bounds");
      try (PodStream stream = new PodStream(cluster.admin(), "bounds")) {
        for (Schedule schedule : schedules) {
          int least = schedule.replicas - Math.max(1, schedule.unavailable);
          stream.expect(schedule.name, schedule.replicas, least, schedule.replicas);
          KubeObject unused = space.create(Resources.STATEFUL_SETS, schedule.yaml());
        }
        await().until(stream::allComplete);
        for (int version = 1; version <= 3; version++) {
          for (Schedule schedule : schedules) {
            if (version <= schedule.rolls) {
              KubeObject unused =
                  space.image(Resources.STATEFUL_SETS, schedule.name, "v" + version);
            }
          }
        }
        for (Schedule schedule : schedules) {
          await()
              .until(() -> schedule.isRolledOut(space.get(Resources.STATEFUL_SETS, schedule.name)));
        }
        assertThat(stream.broken()).isEmpty();
        assertThat(stream.bounds()).as("some rolled").anyMatch(PodStream.Bounds::wasShort);
      }
      for (Schedule schedule : schedules) {
        for (KubeObject pod : space.pods()) {
          if (schedule.name.equals(pod.labels().get(PodStream.LABEL))) {
            boolean isNew = StoryNamespace.image(pod).equals("v" + schedule.rolls);
            int ordinal =
                StatefulPods.ordinal(space.get(Resources.STATEFUL_SETS, schedule.name), pod);
            assertThat(isNew).as(pod.name()).isEqualTo(ordinal >= schedule.partition);
          }
        }
      }
    }
  }
}
