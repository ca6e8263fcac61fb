package dev.coracle.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpositionTest {

  private final Metrics metrics = new Metrics();

  private String text(Exposition format) {
    return new String(format.write(metrics, family -> true), StandardCharsets.UTF_8);
  }

  @Test
  void prometheus_countersGaugesAndHistograms() {
    metrics.counters("b_total", "Things\nin \\ two lines.", "kind").of("a\"b\\c\nd").add(3);
    metrics.gauges("a", "Now.", List.of(), samples -> samples.sample(1.5e-9));
    var histogram =
        metrics.histograms("c_seconds", "Time.", new double[] {0.1, 1}, "verb").of("GET");
    histogram.record(0.1);
    histogram.record(0.5);
    histogram.record(7);
    metrics.counters("empty_total", "Never counted.", "x");
    metrics.histograms("unused_seconds", "Never recorded.", new double[] {1}, "x").of("y");

    assertThat(text(Exposition.PROMETHEUS))
        .isEqualTo(
            """
            # HELP a Now.
            # TYPE a gauge
            a 1.5e-09
            # HELP b_total Things\\nin \\\\ two lines.
            # TYPE b_total counter
            b_total{kind="a\\"b\\\\c\\nd"} 3
            # HELP c_seconds Time.
            # TYPE c_seconds histogram
            c_seconds_bucket{verb="GET",le="0.1"} 1
            c_seconds_bucket{verb="GET",le="1"} 2
            c_seconds_bucket{verb="GET",le="+Inf"} 3
            c_seconds_sum{verb="GET"} 7.6
            c_seconds_count{verb="GET"} 3
            """);
  }

  @Test
  void openMetrics_namesFamiliesWithoutTotalAndEnds() {
    metrics.counters("b_total", "Things.").of().increment();
    metrics.histograms("c", "Sizes.", new double[] {1000}).of().record(2_000_000);

    assertThat(text(Exposition.OPEN_METRICS))
        .isEqualTo(
            """
            # HELP b Things.
            # TYPE b counter
            b_total 1
            # HELP c Sizes.
            # TYPE c histogram
            c_bucket{le="1000.0"} 0
            c_bucket{le="+Inf"} 1
            c_sum 2e+06
            c_count 1
            # EOF
            """);
  }

  @Test
  void gaugeThatThrows_isLeftOut() {
    metrics.gauges(
        "broken",
        "x",
        List.of(),
        samples -> {
          throw new IllegalStateException("no");
        });
    metrics.counters("fine_total", "x").of().increment();

    assertThat(text(Exposition.PROMETHEUS)).doesNotContain("broken").contains("fine_total 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|PROMETHEUS",
        "*/*|PROMETHEUS",
        "text/plain|PROMETHEUS",
        "application/openmetrics-text; version=1.0.0|OPEN_METRICS",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3|OPEN_METRICS",
        "application/openmetrics-text;q=0.2, text/plain|PROMETHEUS",
        "application/openmetrics-text;q=0|PROMETHEUS",
        "application/json|PROMETHEUS",
      })
  void accept_chooses(String accept, Exposition format) {
    assertThat(Exposition.of(accept)).isEqualTo(format);
  }
}
