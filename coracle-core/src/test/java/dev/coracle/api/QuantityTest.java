package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.0, 0",
    "0Ki, 0",
    "100m, 100m",
    "0.1, 100m",
    ".5, 500m",
    "1., 1",
    "1000m, 1",
    "1500m, 1500m",
    "2k, 2k",
    "2000, 2k",
    "12e6, 12e6",
    "12E6, 12e6",
    "1e-3, 1e-3",
    "120e-2, 1200e-3",
    "1E, 1E",
    "1024Ki, 1Mi",
    "1025Ki, 1025Ki",
    "1.5Gi, 1536Mi",
    "0.5Ki, 512",
    "1000Ki, 1000Ki",
    "1000000Ki, 1000000Ki",
    "1536, 1536",
    "0.3Mi, 314572800m",
    "0.0001Ki, 102400u",
    "1n, 1n",
    "0.1n, 1n",
    "-0.1n, -1n",
    "1.1n, 2n",
    "-5Mi, -5Mi",
    "+3, 3",
    "100E, 100E",
    "9223372036854775808, 9223372036854775807",
    "8Ei, 9223372036854775807",
  })
  void parse_text_givesTheCanonicalForm(String text, String canonical) {
    assertThat(Quantity.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "1..2", "1 Gi", "Gi", "1Gi2x", "--1", "1_000"})
  void parse_notANumber_saysTheExpression(String text) {
    assertThatThrownBy(() -> Quantity.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("quantities must match the regular expression");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e", "1KiB", "1ki", "1mi", "1ee3", "1K"})
  void parse_unknownSuffix_isRefused(String text) {
    assertThatThrownBy(() -> Quantity.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void compare_differentSuffixes_isByValue() {
    assertThat(Quantity.parse("1Gi")).isGreaterThan(Quantity.parse("1G"));
    assertThat(Quantity.parse("1000m")).isEqualTo(Quantity.of(1)).hasSameHashCodeAs(Quantity.of(1));
  }

  @Test
  void dividedBy_aRemainder_roundsUp() {
    assertThat(Quantity.parse("250m").dividedBy(Quantity.parse("1"))).isEqualTo(1);
    assertThat(Quantity.parse("250m").dividedBy(Quantity.parse("1m"))).isEqualTo(250);
    assertThat(Quantity.parse("64Mi").dividedBy(Quantity.parse("1Mi"))).isEqualTo(64);
    assertThat(Quantity.parse("64M").dividedBy(Quantity.parse("1Mi"))).isEqualTo(62);
  }

  @Test
  void arithmetic_keepsTheFirstFormat() {
    assertThat(Quantity.parse("1Gi").plus(Quantity.parse("512Mi"))).hasToString("1536Mi");
    assertThat(Quantity.ZERO.plus(Quantity.parse("1Gi"))).hasToString("1Gi");
    assertThat(Quantity.parse("1").minus(Quantity.parse("100m"))).hasToString("900m");
    assertThat(Quantity.parse("250m").times(4)).hasToString("1");
  }

  @Test
  void values_fractions_roundAwayFromZero() {
    assertThat(Quantity.parse("1500m").longValue()).isEqualTo(2);
    assertThat(Quantity.parse("1.0001").milliValue()).isEqualTo(1001);
    assertThat(Quantity.parse("100E").longValue()).isEqualTo(Long.MAX_VALUE);
    assertThat(Quantity.parse("1.0001").roundedUpToMilli()).hasToString("1001m");
  }
}
