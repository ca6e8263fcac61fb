package dev.coracle.apiserver.encoding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonIndentTest {

  @Test
  void indent_nestedJson_isGosLayout() {
    byte[] json = "{\"a\":{},\"b\":[],\"c\":[1,{\"d\":\"x,{\\\"\"}],\"e\":null}\n".getBytes(UTF_8);

    assertThat(new String(JsonIndent.indent(json), UTF_8))
        .isEqualTo(
            """
            {
              "a": {},
              "b": [],
              "c": [
                1,
                {
                  "d": "x,{\\""
                }
              ],
              "e": null
            }""");
  }
}
