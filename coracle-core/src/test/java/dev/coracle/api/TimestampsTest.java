package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TimestampsTest {

  @Test
  void write_instants_asRfc3339() {
    Instant instant = Instant.parse("2026-01-02T03:04:05.006007999Z");
    assertThat(Timestamps.seconds(instant)).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(Timestamps.micros(instant)).isEqualTo("2026-01-02T03:04:05.006007Z");
  }

  @Test
  void parse_secondsInUtc_isAsTheCalendarHasIt() {
    for (String day : new String[] {"2024-02-29", "2026-02-28", "2000-12-31", "1969-07-20"}) {
      String text = day + "T23:59:59Z";
      assertThat(Timestamps.parse(text)).isEqualTo(Instant.parse(text));
    }
    assertThat(Timestamps.parse("2026-02-29T00:00:00Z")).isNull();
    assertThat(Timestamps.parse("2026-01-02T24:00:00Z")).isNull();
    assertThat(Timestamps.parse("2026-01-0xT03:04:05Z")).isNull();
    assertThat(Timestamps.parse("2026-01-02T03:04:/5Z")).isNull();
  }

  @Test
  void parse_offsetsAndNonsense() {
    assertThat(Timestamps.parse("2026-01-02T05:04:05+02:00"))
        .isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
    assertThat(Timestamps.parse("yesterday")).isNull();
    assertThat(Timestamps.parse("")).isNull();
  }

  @Test
  void intOrString_percent_roundsAsAsked() {
    assertThat(IntOrString.scaled(TextNode.valueOf("25%"), 10, true)).isEqualTo(3);
    assertThat(IntOrString.scaled(TextNode.valueOf("25%"), 10, false)).isEqualTo(2);
    assertThat(IntOrString.scaled(IntNode.valueOf(4), 10, false)).isEqualTo(4);
    assertThat(IntOrString.isPercent(TextNode.valueOf("%"))).isFalse();
    assertThat(IntOrString.scaledOr(Json.object().path("x"), 10, true, 25)).isEqualTo(3);
  }
}
