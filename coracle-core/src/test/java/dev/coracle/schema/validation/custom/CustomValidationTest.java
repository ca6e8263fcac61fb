package dev.coracle.schema.validation.custom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.validation.Validation;
import dev.coracle.schema.validation.field.Causes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CustomValidationTest {

  private static final ObjectNode SCHEMA =
      object(
          """
          {"type":"object","required":["spec"],"properties":{"metadata":{"type":"object"},
           "spec":{"type":"object","required":["size"],"properties":{
             "size":{"type":"integer","minimum":1,"maximum":10},
             "share":{"type":"number","minimum":0,"exclusiveMinimum":true,"multipleOf":0.5},
             "color":{"type":"string","enum":["red","blue"]},
             "code":{"type":"string","minLength":2,"maxLength":3,"pattern":"^[a-z]+$"},
             "tags":{"type":"array","maxItems":2,"items":{"type":"string"},
               "x-kubernetes-list-type":"set"},
             "ports":{"type":"array","x-kubernetes-list-type":"map",
               "x-kubernetes-list-map-keys":["name"],
               "items":{"type":"object","properties":{"name":{"type":"string"},
                 "size":{"type":"integer","maximum":9}}}},
             "any":{"x-kubernetes-int-or-string":true},
             "when":{"type":"string","format":"date-time"},
             "maybe":{"type":"string","nullable":true},
             "map":{"type":"object","maxProperties":1,
               "additionalProperties":{"type":"integer"}},
             "either":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},
               "oneOf":[{"required":["a"]},{"required":["b"]}]}}}}}""");

  private static ObjectNode object(String json) {
    return Json.readObject(json.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> spec(String fields) {
    return Causes.strings(
        Validation.custom(SCHEMA, object("{\"spec\":{\"size\":5," + fields + "}}"), null));
  }

  @Test
  void custom_validObject_hasNoCauses() {
    assertThat(
            spec(
                """
                "share":1.5,"color":"red","code":"ab","tags":["a","b"],"any":"x","map":{"k":1},
                "when":"2026-01-02T03:04:05Z","maybe":null,"either":{"a":"1"},
                "ports":[{"name":"a"},{"name":"b"}]"""))
        .isEmpty();
  }

  @Test
  void custom_missingFields_areRequired() {
    assertThat(Causes.strings(Validation.custom(SCHEMA, object("{}"), null)))
        .containsExactly("spec: Required value");
    assertThat(Causes.strings(Validation.custom(SCHEMA, object("{\"spec\":{}}"), null)))
        .containsExactly("spec.size: Required value");
  }

  @Test
  void custom_boundsAndEnumerations_haveKubernetesWords() {
    assertThat(
            spec(
                """
                "size":11,"share":0,"color":"green","code":"ABCD","tags":["a","b","b"],
                "map":{"a":1,"b":2}"""))
        .containsExactly(
            "spec.code: Too long: may not be more than 3 bytes",
            "spec.color: Unsupported value: \"green\": supported values: \"red\", \"blue\"",
            "spec.map: Too many: 2: must have at most 1 item",
            "spec.share: Invalid value: 0: spec.share in body should be greater than 0",
            "spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10",
            "spec.tags: Too many: 3: must have at most 2 items",
            "spec.tags[2]: Duplicate value: \"b\"");
  }

  @Test
  void custom_types_haveKubernetesWords() {
    assertThat(spec("\"size\":\"big\",\"any\":true,\"when\":\"noon\",\"tags\":\"x\""))
        .containsExactly(
            "spec.any: Invalid value: \"boolean\": spec.any in body must be of type"
                + " integer,string: \"boolean\"",
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer:"
                + " \"string\"",
            "spec.tags: Invalid value: \"string\": spec.tags in body must be of type array:"
                + " \"string\"",
            "spec.when: Invalid value: \"noon\": spec.when in body must be of type date-time:"
                + " \"noon\"");
    assertThat(spec("\"size\":1.5"))
        .containsExactly(
            "<nil>: Invalid value: \"\": Checked value must be of type integer (default format) in"
                + " spec.size",
            "spec.size: Invalid value: \"number\": spec.size in body must be of type integer:"
                + " \"number\"");
  }

  @Test
  void custom_mapListAndOneOf_areChecked() {
    assertThat(spec("\"ports\":[{\"name\":\"a\"},{\"name\":\"a\"}],\"either\":{}"))
        .containsExactly(
            "<nil>: Invalid value: \"\": \"spec.either\" must validate one and only one schema"
                + " (oneOf). Found none valid",
            "spec.either.a: Required value",
            "spec.ports[1]: Duplicate value: {\"name\":\"a\"}");
  }

  @Test
  void custom_unchangedFault_isToleratedOnUpdate() {
    ObjectNode old = object("{\"spec\":{\"size\":99,\"color\":\"red\"}}");
    assertThat(
            Validation.custom(SCHEMA, object("{\"spec\":{\"size\":99,\"color\":\"blue\"}}"), old))
        .isEmpty();
    assertThat(Validation.custom(SCHEMA, object("{\"spec\":{\"size\":98}}"), old)).hasSize(1);
  }

  private static List<String> update(String now, String old) {
    return Causes.strings(
        Validation.custom(
            SCHEMA,
            object("{\"spec\":{\"size\":5," + now + "}}"),
            object("{\"spec\":{\"size\":5," + old + "}}")));
  }

  @Test
  void custom_updateLeavesWhatIsWrong_isNoMatter() {
    String ports = "\"ports\":[{\"name\":\"a\"},{\"name\":\"a\"}]";
    assertThat(update("\"color\":\"green\",\"code\":\"ab\"", "\"color\":\"green\"")).isEmpty();
    assertThat(update("\"color\":\"pink\"", "\"color\":\"green\"")).hasSize(1);
    assertThat(update(ports + ",\"code\":\"ab\"", ports)).isEmpty();
    assertThat(update("\"tags\":[\"a\",\"a\"]", ports)).isEmpty();
    assertThat(update("\"tags\":[\"a\",\"a\"]", "\"code\":\"ab\""))
        .containsExactly("spec.tags[1]: Duplicate value: \"a\"");
    assertThat(
            update(
                "\"ports\":[{\"name\":\"b\"},{\"name\":\"a\",\"size\":1000}]",
                "\"ports\":[{\"name\":\"a\",\"size\":1000}]"))
        .isEmpty();
  }
}
