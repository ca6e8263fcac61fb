package dev.coracle.schema.managedfields;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListStepTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "k:{\"name\":\"main\"}",
        "k:{\"containerPort\":80,\"protocol\":\"TCP\"}",
        "k:{\"type\":\"a/b.c d\"}",
        "v:\"example.com/finalizer\"",
        "v:0",
        "v:12"
      })
  void isPlain_asItIsWritten_isTrue(String step) {
    assertThat(ListStep.isPlain(step)).isTrue();
    if (step.startsWith("k:")) {
      assertThat(ListStep.plain((ObjectNode) Json.read(step.substring(2)))).isEqualTo(step);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "k:{\"protocol\":\"TCP\",\"containerPort\":80}",
        "k:{\"name\": \"main\"}",
        "k:{\"name\":\"a\\u0062\"}",
        "k:{\"name\":\"ä\"}",
        "k:{\"name\":01}",
        "k:{\"name\":1.0}",
        "k:{\"name\":\"a\"}x",
        "k:{\"name\":\"a\"",
        "k:{\"name\":\"a\",}",
        "k:{\"name\":",
        "k:{\"name\"",
        "k:{}",
        "k:",
        "v:",
        "v: 1",
        "v:\"a\"b",
        "v:01",
        "f:name"
      })
  void isPlain_anythingElse_isFalse(String step) {
    assertThat(ListStep.isPlain(step)).isFalse();
  }
}
