package dev.coracle.controller.replicaset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaDecisionTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private static KubeObject owner(int replicas, String more) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: web, namespace: ns, generation: 4%s}
        spec:
          replicas: %d
          minReadySeconds: 7200
          template: {metadata: {labels: {app: web}}}
        """
            .formatted(more, replicas));
  }

  private static List<KubeObject> pods(int count) {
    List<KubeObject> pods = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pods.add(Make.pod("web-" + i, "Running", i % 2 == 0, ", labels: {app: web}"));
    }
    return pods;
  }

  @ParameterizedTest
  @CsvSource({
    "3, 3, 0, 0, 0",
    "3, 1, -2, 2, 0",
    "0, 0, 0, 0, 0",
    "0, 2, 2, 0, 2",
    "2, 5, 3, 0, 3",
    "9999, 1, -9998, 500, 0"
  })
  void of_ownerAndPods_is(int replicas, int there, int difference, int create, int delete) {
    List<KubeObject> pods = pods(there);
    ReplicaDecision decision = ReplicaDecision.of(owner(replicas, ""), pods, () -> pods, NOW);
    assertThat(decision.difference()).isEqualTo(difference);
    assertThat(decision.create()).isEqualTo(create);
    assertThat(decision.delete()).hasSize(delete);
  }

  @Test
  void of_tooMany_takesThoseThatAreNotReadyFirst() {
    List<KubeObject> pods = pods(4);
    assertThat(ReplicaDecision.of(owner(2, ""), pods, () -> pods, NOW).delete())
        .extracting(KubeObject::name)
        .containsExactlyInAnyOrder("web-1", "web-3");
  }

  @Test
  void of_ownerBeingDeleted_doesNothing() {
    KubeObject owner = owner(3, ", deletionTimestamp: \"2026-01-01T00:00:00Z\"");
    assertThat(ReplicaDecision.of(owner, List.of(), List::of, NOW))
        .isEqualTo(new ReplicaDecision(0, 0, List.of()));
  }

  @Test
  void status_ofPods_countsAndKeepsTheFirstFailure() {
    StatusException failure = StatusException.forbidden("exceeded quota");
    ObjectNode status = ReplicaStatus.of(owner(5, ""), pods(4), 2, failure, -1, NOW);
    assertThat(status.path("replicas").asInt()).isEqualTo(4);
    assertThat(status.path("fullyLabeledReplicas").asInt()).isEqualTo(4);
    assertThat(status.path("readyReplicas").asInt()).isEqualTo(2);
    assertThat(status.path("availableReplicas").asInt()).isZero();
    assertThat(status.path("terminatingReplicas").asInt()).isEqualTo(2);
    assertThat(status.path("observedGeneration").asInt()).isEqualTo(4);
    assertThat(status.path("conditions")).hasSize(1);
    assertThat(status.path("conditions").path(0).path("reason").asText()).isEqualTo("FailedCreate");
    assertThat(status.path("conditions").path(0).path("message").asText())
        .isEqualTo("exceeded quota");
    ObjectNode tooMany = ReplicaStatus.of(owner(1, ""), pods(4), -1, failure, 3, NOW);
    assertThat(tooMany.path("conditions").path(0).path("reason").asText())
        .isEqualTo("FailedDelete");
    assertThat(tooMany.has("terminatingReplicas")).isFalse();
  }
}
