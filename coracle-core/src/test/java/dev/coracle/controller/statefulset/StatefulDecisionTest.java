package dev.coracle.controller.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatefulDecisionTest {

  private static KubeObject set(String spec) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: ns, generation: 1}
        spec: {replicas: 3, updateStrategy: {type: RollingUpdate}, %s}
        """
            .formatted(spec));
  }

  private static KubeObject pod(int ordinal, boolean ready, String revision) {
    return Make.pod(
        "db-" + ordinal,
        "Running",
        ready,
        ", labels: {controller-revision-hash: " + revision + "}");
  }

  private static StatefulDecision.Plan plan(KubeObject set, KubeObject... pods) {
    return new StatefulDecision(
            set, List.of(pods), "old", "new", Instant.parse("2026-01-01T01:00:00Z"))
        .plan();
  }

  @Test
  void plan_ordered_startsOneAndWaitsForIt() {
    assertThat(plan(set("podManagementPolicy: OrderedReady")).create())
        .extracting(StatefulDecision.Start::ordinal)
        .containsExactly(0);
    assertThat(plan(set("podManagementPolicy: OrderedReady"), pod(0, false, "new")).create())
        .isEmpty();
  }

  @Test
  void plan_parallel_startsAll() {
    assertThat(plan(set("podManagementPolicy: Parallel")).create()).hasSize(3);
  }

  @Test
  void plan_oldRevision_replacesTheLastOrdinalFirst() {
    assertThat(
            plan(set("a: b"), pod(0, true, "old"), pod(1, true, "old"), pod(2, true, "old"))
                .delete())
        .extracting(KubeObject::name)
        .containsExactly("db-2");
  }

  @Test
  void plan_partition_keepsLowerOrdinals() {
    KubeObject set =
        Make.object(
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db, namespace: ns}
            spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}}
            """);
    assertThat(plan(set, pod(0, true, "old"), pod(1, true, "old"), pod(2, true, "new")).delete())
        .isEmpty();
  }

  @Test
  void plan_tooMany_endsTheLast() {
    assertThat(
            plan(
                    set("a: b"),
                    pod(0, true, "new"),
                    pod(1, true, "new"),
                    pod(2, true, "new"),
                    pod(3, true, "new"),
                    pod(4, true, "new"))
                .condemned())
        .extracting(KubeObject::name)
        .containsExactly("db-4");
  }
}
