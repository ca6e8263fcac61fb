package dev.coracle.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class YamlTest {

  @Test
  void write_anyTree_readsBackEqual() {
    JsonNode tree =
        Json.read(
            """
            {"kind":"ConfigMap","data":{"plain":"a/b-c","number":"5","yes":"yes","no":"No","empty":"",
            "lines":"x: y\\n  z\\n","open":"a\\nb","blank":"a\\n\\n","lead":"  a\\nb","colon":"a: b","hash":"#x",
            "date":"2026-01-01","exp":"1e3","dash":"-","quote":"\\"'","tab":"\\tx","hex":"0x1f","null":"null","~":"~"},
            "list":[1,2.5,true,null,{"a":[],"b":{}},["x",["y"]]],"none":null}
            """);

    assertThat(Yaml.read(Yaml.write(tree))).isEqualTo(tree);
  }

  @Test
  void write_object_isBlockStyleWithSortedKeys() {
    JsonNode tree =
        Json.read(
            "{\"kind\":\"P\",\"apiVersion\":\"v1\",\"l\":[{\"b\":\"1\",\"a\":1}],\"t\":\"x\\n"
                + "y\\n"
                + "\"}");

    assertThat(new String(Yaml.write(tree), UTF_8))
        .isEqualTo("apiVersion: v1\nkind: P\nl:\n- a: 1\n  b: \"1\"\nt: |\n  x\n  y\n");
  }

  @Test
  void read_brokenDocument_saysTheLine() {
    assertThatThrownBy(() -> Yaml.read("a: b\n c: [".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("yaml: line 2: mapping values are not allowed in this context");
  }

  @Test
  void read_jsonIndentedByTabs_isWhatJsonSays() {
    String json = "{\n\t\"a\": [1.5,\t'it''s\ttabbed'],\n\t\t\"b\":\t\"\\\"\\t\"\n}";

    assertThat(Yaml.read(json.getBytes(UTF_8)))
        .isEqualTo(Json.read("{\"a\": [1.5, \"it's\\ttabbed\"], \"b\": \"\\\"\\t\"}"));
  }
}
