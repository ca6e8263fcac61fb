package dev.coracle.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A document that begins with a space is always the YAML reader's: what both say must agree. */
class JsonAsYamlTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"a\":1,\"b\":-7,\"c\":0,\"d\":2147483648,\"e\":-9223372036854775808}",
        "{\"yes\":\"yes\",\"null\":null,\"t\":true,\"f\":false,\"~\":\"~\",\"1\":\"1\",\"<<\":{\"a\":1}}",
        "{\"s\":\"a: b # c - {d} [e] 'f' \\\"g\\\" \\\\ \\/ \\n \\t \\b \\f \\r\",\"\":\"\"}",
        "{\n  \"list\": [ 1, [], {}, [ \"x\", [ null ] ] ] ,\n  \"map\": { \"k\": { } }\n}\n",
        "{\"date\":\"2026-01-01\",\"exp\":\"1e3\",\"hex\":\"0x1f\",\"bool\":\"No\"}"
      })
  void read_plainJson_isWhatTheYamlReaderMakes(String document) {
    assertThat(JsonAsYaml.read(document.getBytes(UTF_8)))
        .isNotNull()
        .isEqualTo(Yaml.read((" " + document).getBytes(UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a: b",
        "{a: b}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
        "{\"a\":1.0}",
        "{\"a\":1e3}",
        "{\"a\":9223372036854775808}",
        "{\"a\":\"\u00e9\"}",
        "{\"a\":\"\\u0041\"}",
        "{\t\"a\":1}",
        "{\"a\":1}{\"b\":2}",
        "{\"a\":1}\n---\n{\"b\":2}",
        "{\"a\":",
        "{\"a\":[1,]}",
        "[1]"
      })
  void read_whatIsNoPlainJson_isLeftToTheYamlReader(String document) {
    assertThat(JsonAsYaml.read(document.getBytes(UTF_8))).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1100})
  void read_longKey_isLeftToTheYamlReader(int length) {
    String document = "{\"" + "k".repeat(length) + "\":1}";
    assertThat(JsonAsYaml.read(document.getBytes(UTF_8)) == null).isEqualTo(length > 1000);
  }
}
