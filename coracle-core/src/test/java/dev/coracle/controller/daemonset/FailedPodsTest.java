package dev.coracle.controller.daemonset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FailedPodsTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final FailedPods failed = new FailedPods();

  private static KubeObject set(int observed) {
    return Make.object(
        """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, namespace: ns, uid: set}
        status: {observedGeneration: %d}
        """
            .formatted(observed));
  }

  private Duration delay(String node, long seconds) {
    return failed.delay(set(1), node, START.plusSeconds(seconds));
  }

  @Test
  void delay_failuresInARow_doubles() {
    assertThat(delay("a", 0)).isZero();
    assertThat(delay("a", 0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(delay("a", 1)).isZero();
    assertThat(delay("a", 1)).isEqualTo(Duration.ofSeconds(2));
    assertThat(delay("a", 3)).isZero();
    assertThat(delay("a", 4)).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void delay_manyFailures_isAQuarterOfAnHourAtMost() {
    long now = 0;
    for (int i = 0; i < 20; i++) {
      assertThat(delay("a", now)).isZero();
      now += delay("a", now).toSeconds();
    }
    assertThat(delay("a", now)).isZero();
    assertThat(delay("a", now)).isEqualTo(Duration.ofMinutes(15));
  }

  @Test
  void delay_ofOtherNodesAndGenerationsAndMuchLater_isNone() {
    assertThat(delay("a", 0)).isZero();
    assertThat(delay("b", 0)).isZero();
    assertThat(failed.delay(set(2), "a", START)).isZero();
    assertThat(delay("a", 1801)).isZero();
    assertThat(delay("a", 1801)).isEqualTo(Duration.ofSeconds(1));
  }
}
