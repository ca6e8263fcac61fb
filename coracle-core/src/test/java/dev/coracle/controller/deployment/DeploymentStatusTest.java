package dev.coracle.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Make;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DeploymentStatusTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private static KubeObject deployment(String deadline, String status) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: ns, generation: 2}
        spec:
          replicas: 4
          progressDeadlineSeconds: %s
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}
        status: {%s}
        """
            .formatted(deadline, status));
  }

  private static String progressing(String status, String reason, String updated) {
    return "conditions: [{type: Progressing, status: '%s', reason: %s, lastUpdateTime: '%s', lastTransitionTime: '2026-01-01T00:00:00Z'}]"
        .formatted(status, reason, updated);
  }

  private static KubeObject set(String name, int replicas, int available) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: %s, namespace: ns, uid: %s, generation: 1}
        spec: {replicas: %d}
        status: {replicas: %d, readyReplicas: %d, availableReplicas: %d, observedGeneration: 1}
        """
            .formatted(name, name, replicas, replicas, available, available));
  }

  private static JsonNode progress(KubeObject deployment, KubeObject oldSet, KubeObject newSet) {
    Rollout rollout = new Rollout(deployment);
    List<KubeObject> all = List.of(oldSet, newSet);
    ObjectNode status =
        DeploymentStatus.counts(deployment, rollout, all, newSet, Timestamps.seconds(NOW));
    DeploymentStatus.progress(status, deployment, rollout, all, newSet, NOW);
    JsonNode condition = Conditions.find(status.path("conditions"), "Progressing");
    return condition == null ? status.path("none") : condition;
  }

  private static final String STARTED = "2026-01-01T00:59:30Z";
  private static final String BEFORE = "replicas: 5, updatedReplicas: 2, readyReplicas: 4, ";

  static Stream<Arguments> conditions() {
    String updated = progressing("True", "ReplicaSetUpdated", STARTED);
    return Stream.of(
        // nothing moved, and there is time left
        Arguments.of(
            "60", BEFORE + "availableReplicas: 4, " + updated, 3, 3, 2, 1, "ReplicaSetUpdated"),
        // the same, too late
        Arguments.of(
            "20",
            BEFORE + "availableReplicas: 4, " + updated,
            3,
            3,
            2,
            1,
            "ProgressDeadlineExceeded"),
        // one more is updated
        Arguments.of(
            "20", BEFORE + "availableReplicas: 4, " + updated, 2, 2, 3, 2, "ReplicaSetUpdated"),
        // all are
        Arguments.of(
            "20",
            BEFORE + "availableReplicas: 4, " + updated,
            0,
            0,
            4,
            4,
            "NewReplicaSetAvailable"),
        // what was late is done after all
        Arguments.of(
            "20",
            BEFORE
                + "availableReplicas: 4, "
                + progressing("False", "ProgressDeadlineExceeded", STARTED),
            0,
            0,
            4,
            4,
            "NewReplicaSetAvailable"),
        // late stays late
        Arguments.of(
            "6000",
            BEFORE
                + "availableReplicas: 4, "
                + progressing("False", "ProgressDeadlineExceeded", STARTED),
            3,
            3,
            2,
            1,
            "ProgressDeadlineExceeded"),
        // done stays done when a Pod dies
        Arguments.of(
            "20",
            "replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4, "
                + progressing("True", "NewReplicaSetAvailable", STARTED),
            0,
            0,
            4,
            3,
            "NewReplicaSetAvailable"),
        // those without a deadline have no such condition
        Arguments.of("2147483647", BEFORE + "availableReplicas: 4, " + updated, 3, 3, 2, 1, ""));
  }

  @ParameterizedTest(name = "deadline {0}: {2}/{3} old, {4}/{5} new -> {6}")
  @MethodSource("conditions")
  void progress_ofARollout_is(
      String deadline,
      String before,
      int old,
      int oldAvailable,
      int fresh,
      int freshAvailable,
      String reason) {
    JsonNode condition =
        progress(
            deployment(deadline, before),
            set("old", old, oldAvailable),
            set("new", fresh, freshAvailable));
    assertThat(condition.path("reason").asText()).isEqualTo(reason);
    if (reason.equals("ProgressDeadlineExceeded")) {
      assertThat(condition.path("status").asText()).isEqualTo("False");
    }
  }

  @Test
  void progress_onTheWay_renewsTheUpdateTimeOnly() {
    JsonNode condition =
        progress(
            deployment(
                "60",
                BEFORE
                    + "availableReplicas: 4, "
                    + progressing("True", "ReplicaSetUpdated", STARTED)),
            set("old", 2, 2),
            set("new", 3, 2));
    assertThat(condition.path("message").asText()).isEqualTo("ReplicaSet \"new\" is progressing.");
    assertThat(condition.path("lastUpdateTime").asText()).isEqualTo("2026-01-01T01:00:00Z");
    assertThat(condition.path("lastTransitionTime").asText()).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void deadlineIn_whileItRuns_isTheTimeLeft() {
    assertThat(
            DeploymentStatus.deadlineIn(
                deployment("60", progressing("True", "ReplicaSetUpdated", STARTED)), NOW))
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(
            DeploymentStatus.deadlineIn(
                deployment("60", progressing("Unknown", "DeploymentPaused", STARTED)), NOW))
        .isNull();
  }

  @Test
  void counts_ofReplicaSets_sayWhetherEnoughAreAvailable() {
    KubeObject deployment = deployment("60", "");
    KubeObject fresh = set("new", 2, 1);
    ObjectNode status =
        DeploymentStatus.counts(
            deployment,
            new Rollout(deployment),
            List.of(set("old", 3, 1), fresh),
            fresh,
            Timestamps.seconds(NOW));
    assertThat(status.path("replicas").asInt()).isEqualTo(5);
    assertThat(status.path("updatedReplicas").asInt()).isEqualTo(2);
    assertThat(status.path("unavailableReplicas").asInt()).isEqualTo(3);
    assertThat(status.path("conditions").path(0).path("reason").asText())
        .isEqualTo("MinimumReplicasUnavailable");
    assertThat(status.path("observedGeneration").asInt()).isEqualTo(2);
  }
}
