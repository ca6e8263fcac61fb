package dev.coracle.controller.nodelifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.controller.nodelifecycle.Zones.State;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ZonesTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Zones zones(String zone, int ready, int notReady) {
    Zones zones = new Zones();
    add(zones, zone, ready, notReady);
    return zones;
  }

  private static void add(Zones zones, String zone, int ready, int notReady) {
    for (int i = 0; i < ready + notReady; i++) {
      boolean unused = zones.put(zone + i, zone, i < ready);
    }
  }

  @Test
  void state_moreThanTwoAnd55Percent_isPartialDisruption() {
    assertThat(State.of(10, 0)).isEqualTo(State.NORMAL);
    assertThat(State.of(1, 2)).isEqualTo(State.NORMAL);
    assertThat(State.of(3, 3)).isEqualTo(State.NORMAL);
    assertThat(State.of(2, 3)).isEqualTo(State.PARTIAL_DISRUPTION);
    assertThat(State.of(0, 1)).isEqualTo(State.FULL_DISRUPTION);
  }

  @Test
  void ask_normalZone_letsOneNodeGoInTenSeconds() {
    Zones zones = zones("a", 5, 2);
    assertThat(zones.ask("a5", "a", NOW)).isEqualTo(Duration.ZERO);
    assertThat(zones.ask("a6", "a", NOW.plusSeconds(4))).isEqualTo(Duration.ofSeconds(6));
    assertThat(zones.ask("a5", "a", NOW.plusSeconds(4))).as("again").isEqualTo(Duration.ZERO);
    assertThat(zones.ask("a6", "a", NOW.plusSeconds(10))).isEqualTo(Duration.ZERO);
  }

  @Test
  void ask_partlyDisruptedZone_stopsWhenSmallAndSlowsDownWhenLarge() {
    assertThat(zones("a", 2, 3).ask("a4", "a", NOW)).isNull();
    Zones large = zones("a", 20, 31);
    assertThat(large.ask("a30", "a", NOW)).isEqualTo(Duration.ZERO);
    assertThat(large.ask("a31", "a", NOW)).isEqualTo(Duration.ofSeconds(100));
  }

  @Test
  void ask_everyZoneDown_letsNobodyGo() {
    Zones zones = zones("a", 0, 2);
    assertThat(zones.allDisrupted()).isTrue();
    assertThat(zones.ask("a0", "a", NOW)).isNull();
    add(zones, "b", 1, 0);
    assertThat(zones.allDisrupted()).isFalse();
    assertThat(zones.ask("a0", "a", NOW)).isEqualTo(Duration.ZERO);
  }

  @Test
  void put_andRemove_tellWhetherAZoneChanged() {
    Zones zones = new Zones();
    assertThat(zones.put("n", "a", true)).isFalse();
    assertThat(zones.put("n", "a", false)).isTrue();
    assertThat(zones.put("n", "a", false)).isFalse();
    assertThat(zones.remove("n")).isTrue();
    assertThat(zones.remove("n")).isFalse();
    assertThat(zones.allDisrupted()).isFalse();
  }
}
