package dev.coracle.controller.cronjob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class CronScheduleTest {

  private static String next(String schedule, String zone, String after) {
    return String.valueOf(CronSchedule.parse(schedule, ZoneId.of(zone)).next(Instant.parse(after)));
  }

  @Test
  void next_fields_areAllMet() {
    assertThat(next("*/15 * * * *", "UTC", "2026-01-01T10:07:30Z"))
        .isEqualTo("2026-01-01T10:15:00Z");
    assertThat(next("0 3 * * *", "UTC", "2026-01-01T03:00:00Z")).isEqualTo("2026-01-02T03:00:00Z");
    assertThat(next("30 9 * * mon-fri", "UTC", "2026-01-02T10:00:00Z"))
        .isEqualTo("2026-01-05T09:30:00Z");
    assertThat(next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z")).isEqualTo("2028-02-29T00:00:00Z");
    assertThat(next("@monthly", "UTC", "2026-01-15T00:00:00Z")).isEqualTo("2026-02-01T00:00:00Z");
  }

  @Test
  void next_bothDays_eitherWillDo() {
    assertThat(next("0 0 13 * fri", "UTC", "2026-01-03T00:00:00Z"))
        .isEqualTo("2026-01-09T00:00:00Z");
    assertThat(next("0 0 13 * fri", "UTC", "2026-01-09T00:00:00Z"))
        .isEqualTo("2026-01-13T00:00:00Z");
  }

  @Test
  void next_timeZone_isTheOneGiven() {
    assertThat(next("0 9 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z"))
        .isEqualTo("2026-07-01T07:00:00Z");
  }

  @Test
  void due_severalMissed_givesTheLatest() {
    CronSchedule.Due due =
        CronSchedule.parse("0 * * * *", ZoneOffset.UTC)
            .due(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-01-01T05:30:00Z"));
    assertThat(due.time()).isEqualTo("2026-01-01T05:00:00Z");
    assertThat(due.missed()).isEqualTo(5);
  }

  @Test
  void due_yearsBehind_givesTheLatestSoon() {
    CronSchedule.Due due =
        CronSchedule.parse("* * * * *", ZoneOffset.UTC)
            .due(Instant.parse("2016-01-01T00:00:00Z"), Instant.parse("2026-01-01T05:30:20Z"));
    assertThat(due.time()).isEqualTo("2026-01-01T05:30:00Z");
    assertThat(due.missed()).isGreaterThan(100);
  }

  @Test
  void parse_nonsense_isRefused() {
    for (String text :
        new String[] {"* * * *", "61 * * * *", "a * * * *", "*/0 * * * *", "5-1 * * * *"}) {
      assertThatThrownBy(() -> CronSchedule.parse(text, ZoneOffset.UTC))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
