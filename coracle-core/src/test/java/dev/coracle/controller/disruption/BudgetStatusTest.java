package dev.coracle.controller.disruption;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BudgetStatusTest {

  private static ObjectNode status(String spec, String status) {
    KubeObject budget =
        Make.object(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web, namespace: ns, generation: 1}
            spec: {%s}
            status: {%s}
            """
                .formatted(spec, status));
    List<KubeObject> pods =
        List.of(
            Make.pod("a", "Running", true, ""),
            Make.pod("b", "Running", true, ""),
            Make.pod("c", "Running", false, ""));
    return BudgetStatus.of(budget, pods, 4, Instant.parse("2026-01-01T01:00:00Z")).status();
  }

  @Test
  void of_minAvailable_countsHealthyAboveIt() {
    assertThat(status("minAvailable: 1", "").path("disruptionsAllowed").asInt()).isEqualTo(1);
    assertThat(status("minAvailable: 3", "").path("disruptionsAllowed").asInt()).isZero();
  }

  @Test
  void of_percentages_countWhatControllersWant() {
    ObjectNode half = status("minAvailable: 50%", "");
    assertThat(half.path("expectedPods").asInt()).isEqualTo(4);
    assertThat(half.path("desiredHealthy").asInt()).isEqualTo(2);
    assertThat(status("maxUnavailable: 3", "").path("disruptionsAllowed").asInt()).isEqualTo(1);
  }

  @Test
  void of_grantedEviction_countsUntilItTimesOut() {
    ObjectNode status = status("minAvailable: 1", "disruptedPods: {a: \"2026-01-01T00:59:00Z\"}");
    assertThat(status.path("disruptionsAllowed").asInt()).isZero();
    assertThat(status.path("disruptedPods").has("a")).isTrue();
    ObjectNode late = status("minAvailable: 1", "disruptedPods: {a: \"2026-01-01T00:57:00Z\"}");
    assertThat(late.path("disruptionsAllowed").asInt()).isEqualTo(1);
  }
}
