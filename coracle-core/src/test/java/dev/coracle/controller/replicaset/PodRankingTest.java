package dev.coracle.controller.replicaset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodRankingTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  private static List<String> doomed(int count, KubeObject... pods) {
    List<KubeObject> all = List.of(pods);
    return PodRanking.toDelete(all, all, count, NOW).stream().map(KubeObject::name).toList();
  }

  @Test
  void toDelete_notReadyAndReady_takesTheNotReady() {
    assertThat(
            doomed(
                1,
                Make.pod("ready", "Running", true, ""),
                Make.pod("starting", "Running", false, "")))
        .containsExactly("starting");
  }

  @Test
  void toDelete_pendingAndRunning_takesThePending() {
    assertThat(
            doomed(
                1,
                Make.pod("running", "Running", false, ""),
                Make.pod("pending", "Pending", false, "")))
        .containsExactly("pending");
  }

  @Test
  void toDelete_deletionCost_takesTheCheaper() {
    String cost = ", annotations: {controller.kubernetes.io/pod-deletion-cost: \"%d\"}";
    assertThat(
            doomed(
                1,
                Make.pod("dear", "Running", true, cost.formatted(10)),
                Make.pod("cheap", "Running", true, cost.formatted(-5)),
                Make.pod("plain", "Running", true, "")))
        .containsExactly("cheap");
  }
}
