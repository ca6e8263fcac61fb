package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KubeObjectTest {

  @Test
  void uid_whereverItStands_isRead() {
    KubeObject object =
        of(
            """
            {"metadata":{"labels":{"uid":"not this","é":"ü"},"name":"a","uid":"u-1",\
            "creationTimestamp":"2026-11-21T04:00:00Z"},"kind":"ConfigMap","apiVersion":"v1"}""");

    assertThat(object.uid()).isEqualTo("u-1");
    assertThat(object.creationTimestamp()).isEqualTo("2026-11-21T04:00:00Z");
  }

  @Test
  void uid_writtenWithEscapes_isUnescaped() {
    assertThat(of("{\"metadata\":{\"uid\":\"a\\u0062\\\"c\"}}").uid()).isEqualTo("ab\"c");
    assertThat(of("{\"metadata\":{\"uid\":\"é\"}}").uid()).isEqualTo("é");
  }

  @Test
  void uid_absentOrEmptyOrNull_isEmpty() {
    assertThat(of("{}").uid()).isEmpty();
    assertThat(of("{\"metadata\":{\"uid\":\"\"}}").uid()).isEmpty();
    assertThat(of("{\"metadata\":{\"uid\":null,\"creationTimestamp\":null}}").creationTimestamp())
        .isEmpty();
  }

  private static KubeObject of(String json) {
    return KubeObject.of(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void metadata_inFront_isFoundWithoutReading() {
    KubeObject object =
        KubeObject.of(
            "{\"kind\":\"K\",\"apiVersion\":\"g/v1\",\"metadata\":{\"name\":\"\u00e9}\"},\"spec\":{}}"
                .getBytes(StandardCharsets.UTF_8));
    assertThat(
            new String(
                object.json(),
                object.metadataAt(),
                object.metadataEnd() - object.metadataAt(),
                StandardCharsets.UTF_8))
        .isEqualTo("{\"name\":\"\u00e9}\"}");
    KubeObject otherOrder =
        KubeObject.of(
            "{\"apiVersion\":\"g/v1\",\"metadata\":{\"name\":\"x\"},\"kind\":\"K\"}"
                .getBytes(StandardCharsets.UTF_8));
    assertThat(otherOrder.metadataEnd()).isZero();
  }
}
