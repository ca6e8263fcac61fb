package dev.coracle.controller.daemonset;

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
 * Twenty DaemonSets with random bounds on six nodes, rolled side by side and changed again in the
 * middle: every event of the Pods' watch stream must show each within its bounds.
 */
class DaemonBoundsTest {

  private static final int COUNT = 20;
  private static final int NODES = 6;

  private record Schedule(String name, int surge, int unavailable, int rolls) {

    static Schedule random(int number, Random random) {
      boolean surges = random.nextBoolean();
      int bound = 1 + random.nextInt(3);
      return new Schedule(
          "a" + number, surges ? bound : 0, surges ? 0 : bound, 1 + random.nextInt(3));
    }

    String yaml() {
      return """
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: %s}
      spec:
        updateStrategy:
          type: RollingUpdate
          rollingUpdate: {maxSurge: %d, maxUnavailable: %d}
        selector: {matchLabels: {workload: %s}}
        template:
          metadata: {labels: {workload: %s}}
          spec: {containers: [{name: main, image: v0}]}
      """
          .formatted(name, surge, unavailable, name, name);
    }
  }

  private static boolean isRolledOut(KubeObject set) {
    return set.at("status", "observedGeneration").asLong() == set.generation()
        && set.at("status", "updatedNumberScheduled").asInt() == NODES
        && set.at("status", "numberAvailable").asInt() == NODES;
  }

  @Test
  void rollingUpdates_ofTwentyDaemonSets_stayWithinTheirBounds() throws Exception {
    Random random = new Random(20261121);
    List<Schedule> schedules = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      schedules.add(Schedule.random(i, random));
    }
    try (ControlPlaneInMemory cluster = ControlPlaneInMemory.start()) {
      for (int i = 0; i < NODES; i++) {
        cluster.addNode("node-" + i, "64", 500);
      }
      StoryNamespace space = new StoryNamespace(cluster, "bounds");
      try (PodStream stream = new PodStream(cluster.admin(), "bounds")) {
        for (Schedule schedule : schedules) {
          stream.expectByNode(
              schedule.name, NODES, NODES - schedule.unavailable, NODES + schedule.surge);
          KubeObject unused = space.create(Resources.DAEMON_SETS, schedule.yaml());
        }
        await().until(stream::allComplete);
        for (int version = 1; version <= 3; version++) {
          for (Schedule schedule : schedules) {
            if (version <= schedule.rolls) {
              KubeObject unused = space.image(Resources.DAEMON_SETS, schedule.name, "v" + version);
            }
          }
        }
        for (Schedule schedule : schedules) {
          await().until(() -> isRolledOut(space.get(Resources.DAEMON_SETS, schedule.name)));
        }
        assertThat(stream.broken()).isEmpty();
        assertThat(stream.bounds()).as("some surged").anyMatch(PodStream.Bounds::surged);
        assertThat(stream.bounds()).as("some were short").anyMatch(PodStream.Bounds::wasShort);
      }
    }
  }
}
