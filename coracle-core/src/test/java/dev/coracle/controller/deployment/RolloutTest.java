package dev.coracle.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RolloutTest {

  private static KubeObject deployment(int replicas, String surge, String unavailable) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: ns}
        spec:
          replicas: %d
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: %s, maxUnavailable: %s}}
        """
            .formatted(replicas, surge, unavailable));
  }

  private static KubeObject set(String name, int replicas, int available, int most) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata:
          name: %s
          namespace: ns
          uid: %s
          creationTimestamp: "2026-01-01T00:00:0%sZ"
          annotations: {deployment.kubernetes.io/max-replicas: "%d"}
        spec: {replicas: %d}
        status: {replicas: %d, availableReplicas: %d}
        """
            .formatted(
                name,
                name,
                name.substring(name.length() - 1),
                most,
                replicas,
                replicas,
                available));
  }

  @Test
  void growNew_surgeLeft_growsByTheSurgeOnly() {
    Rollout rollout = new Rollout(deployment(10, "25%", "25%"));
    KubeObject old = set("a1", 10, 10, 13);
    KubeObject fresh = set("b2", 0, 0, 13);
    assertThat(rollout.maxSurge()).isEqualTo(3);
    assertThat(rollout.maxUnavailable()).isEqualTo(2);
    assertThat(rollout.growNew(List.of(old, fresh), fresh).replicas()).isEqualTo(3);
  }

  @Test
  void maxUnavailable_bothZeroPercent_isOne() {
    assertThat(new Rollout(deployment(3, "0", "10%")).maxUnavailable()).isEqualTo(1);
  }

  @Test
  void shrinkOld_unhealthyPods_goFirst() {
    Rollout rollout = new Rollout(deployment(10, "2", "2"));
    KubeObject broken = set("a1", 4, 0, 12);
    KubeObject good = set("b2", 8, 8, 12);
    KubeObject fresh = set("c3", 0, 0, 12);
    List<Rollout.Scale> scales =
        rollout.shrinkOld(List.of(broken, good, fresh), List.of(broken, good), fresh);
    assertThat(scales)
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.replicaSet().name()).isEqualTo("a1");
              assertThat(s.replicas()).isZero();
            });
  }

  @Test
  void scale_twoActiveSets_keepTheirProportions() {
    Rollout rollout = new Rollout(deployment(20, "0", "1"));
    KubeObject old = set("a1", 6, 6, 10);
    KubeObject fresh = set("b2", 4, 4, 10);
    List<Rollout.Scale> scales = rollout.scale(fresh, List.of(old));
    assertThat(scales).extracting(Rollout.Scale::replicas).containsExactly(12, 8);
  }

  @Test
  void rolling_randomProgress_neverLeavesTheBounds() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      int replicas = 1 + random.nextInt(20);
      int surge = random.nextInt(4);
      int unavailable = surge == 0 ? 1 + random.nextInt(3) : random.nextInt(3);
      Rollout rollout = new Rollout(deployment(replicas, "" + surge, "" + unavailable));
      int[] spec = {replicas, 0};
      int[] ready = {replicas, 0};
      int steps = 0;
      while (spec[1] != replicas || spec[0] != 0 || ready[1] != replicas) {
        assertThat(++steps).as("seed %s ends", seed).isLessThan(2000);
        KubeObject old = set("a1", spec[0], Math.min(ready[0], spec[0]), replicas + surge);
        KubeObject fresh = set("b2", spec[1], ready[1], replicas + surge);
        List<KubeObject> all = new ArrayList<>(List.of(old, fresh));
        Rollout.Scale grow = rollout.growNew(all, fresh);
        if (grow != null) {
          spec[1] = grow.replicas();
        } else {
          for (Rollout.Scale shrink : rollout.shrinkOld(all, Rollout.active(List.of(old)), fresh)) {
            spec[0] = shrink.replicas();
          }
        }
        ready[0] = Math.min(ready[0], spec[0]);
        if (ready[1] < spec[1] && random.nextBoolean()) {
          ready[1]++;
        }
        assertThat(spec[0] + spec[1]).as("seed %s", seed).isLessThanOrEqualTo(replicas + surge);
        assertThat(ready[0] + ready[1])
            .as("seed %s", seed)
            .isGreaterThanOrEqualTo(replicas - unavailable);
      }
    }
  }
}
