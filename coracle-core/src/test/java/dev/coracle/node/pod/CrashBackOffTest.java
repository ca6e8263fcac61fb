package dev.coracle.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrashBackOffTest {

  private final CrashBackOff backOff = new CrashBackOff();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private long crash() {
    Instant finished = now;
    Duration delay = backOff.after(finished);
    now = now.plus(delay);
    backOff.restarted(finished, now);
    return delay.toSeconds();
  }

  @Test
  void after_crashesAtOnce_doublesUpToFiveMinutes() {
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      delays.add(crash());
    }
    assertThat(delays).containsExactly(0L, 10L, 20L, 40L, 80L, 160L, 300L, 300L);
  }

  @Test
  void after_tenMinutesOfRunning_startsAnew() {
    crash();
    crash();
    now = now.plusSeconds(599);
    assertThat(backOff.after(now)).hasSeconds(20);
    now = now.plusSeconds(2);
    assertThat(crash()).isZero();
    assertThat(crash()).isEqualTo(10);
  }

  @Test
  void text_minutes_areWrittenAsKubernetesDoes() {
    assertThat(CrashBackOff.text(Duration.ofSeconds(40))).isEqualTo("40s");
    assertThat(CrashBackOff.text(Duration.ofSeconds(160))).isEqualTo("2m40s");
    assertThat(CrashBackOff.text(Duration.ofSeconds(300))).isEqualTo("5m0s");
  }
}
