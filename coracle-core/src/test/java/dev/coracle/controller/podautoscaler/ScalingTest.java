package dev.coracle.controller.podautoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ScalingTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");
  private static final JsonNode USUAL = Json.object().path("behavior");

  private static JsonNode behavior(String yaml) {
    return Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
  }

  private final Scaling scaling = new Scaling();

  @Test
  void decide_metricsAskForFewer_waitsForTheWindow() {
    scaling.begin(5, NOW);
    Scaling.Outcome soon = scaling.decide(USUAL, 5, 2, 1, 10, NOW.plusSeconds(60));
    assertThat(soon.replicas()).isEqualTo(5);
    assertThat(soon.reason()).isEqualTo("ScaleDownStabilized");
    assertThat(soon.limited()).isFalse();
    Scaling.Outcome later = scaling.decide(USUAL, 5, 2, 1, 10, NOW.plusSeconds(301));
    assertThat(later.replicas()).isEqualTo(2);
    assertThat(later.reason()).isEqualTo("ReadyForNewScale");
    assertThat(later.limitReason()).isEqualTo("DesiredWithinRange");
  }

  @Test
  void decide_usualPace_doublesAtMostOrGoesToFour() {
    assertThat(scaling.decide(USUAL, 1, 50, 1, 100, NOW).replicas()).isEqualTo(4);
    Scaling.Outcome doubled = new Scaling().decide(USUAL, 10, 50, 1, 100, NOW);
    assertThat(doubled.replicas()).isEqualTo(20);
    assertThat(doubled.limitReason()).isEqualTo("ScaleUpLimit");
    assertThat(doubled.limited()).isTrue();
    assertThat(new Scaling().decide(USUAL, 10, 50, 1, 15, NOW).limitReason())
        .isEqualTo("TooManyReplicas");
    assertThat(new Scaling().decide(USUAL, 3, 1, 2, 15, NOW).limitReason())
        .isEqualTo("TooFewReplicas");
  }

  private static final String UP =
      """
      scaleUp:
        stabilizationWindowSeconds: %d
        selectPolicy: %s
        policies:
        - {type: Pods, value: 4, periodSeconds: 60}
        - {type: Percent, value: 50, periodSeconds: 60}
      scaleDown:
        stabilizationWindowSeconds: 0
        policies: [{type: Pods, value: 1, periodSeconds: 60}]
      """;

  @Test
  void decide_policies_limitByTheFastestOrTheSlowest() {
    JsonNode most = behavior(UP.formatted(0, "Max"));
    assertThat(new Scaling().decide(most, 4, 50, 1, 100, NOW).replicas()).isEqualTo(8);
    assertThat(new Scaling().decide(most, 10, 50, 1, 100, NOW).replicas()).isEqualTo(15);
    JsonNode least = behavior(UP.formatted(0, "Min"));
    assertThat(new Scaling().decide(least, 10, 50, 1, 100, NOW).replicas()).isEqualTo(14);
    JsonNode never = behavior(UP.formatted(0, "Disabled"));
    assertThat(new Scaling().decide(never, 10, 50, 1, 100, NOW).replicas()).isEqualTo(10);
  }

  @Test
  void decide_withinAPeriod_countsWhatWasDone() {
    JsonNode most = behavior(UP.formatted(0, "Max"));
    scaling.scaled(4, 8, NOW);
    assertThat(scaling.decide(most, 8, 50, 1, 100, NOW.plusSeconds(30)).replicas()).isEqualTo(8);
    assertThat(scaling.decide(most, 8, 50, 1, 100, NOW.plusSeconds(61)).replicas()).isEqualTo(12);
    Scaling.Outcome down = scaling.decide(most, 8, 2, 1, 100, NOW.plusSeconds(200));
    assertThat(down.replicas()).isEqualTo(7);
    assertThat(down.limitReason()).isEqualTo("ScaleDownLimit");
  }

  @Test
  void decide_upWindow_takesTheLowestRecommendation() {
    JsonNode slow = behavior(UP.formatted(120, "Max"));
    scaling.begin(4, NOW);
    Scaling.Outcome soon = scaling.decide(slow, 4, 6, 1, 100, NOW.plusSeconds(60));
    assertThat(soon.replicas()).isEqualTo(4);
    assertThat(soon.reason()).isEqualTo("ScaleUpStabilized");
    assertThat(scaling.decide(slow, 4, 7, 1, 100, NOW.plusSeconds(121)).replicas()).isEqualTo(6);
  }
}
