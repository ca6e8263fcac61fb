package dev.coracle.schema.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.schema.KnownSchemas;
import dev.coracle.schema.Schema;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PatchTest {

  private static final String CONFIG_MAP =
      """
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c1","labels":{"x":"y"},
        "finalizers":["example.com/a","example.com/b"]},"data":{"a":"1","b":"2"}}""";
  private static final String DEPLOYMENT =
      """
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d1"},"spec":{"replicas":0,
        "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%"}},
        "template":{"spec":{"containers":[
          {"name":"a","image":"app:1","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],
           "ports":[{"containerPort":80,"protocol":"TCP"}],"args":["x","y"]},
          {"name":"b","image":"app:1"}]}}}}""";

  private static JsonNode patched(PatchType type, String object, String patch) {
    ObjectNode original = (ObjectNode) Json.read(object);
    ObjectNode unchanged = original.deepCopy();
    Patch parsed = Patch.parse(type, patch.getBytes(StandardCharsets.UTF_8));
    Schema schema =
        KnownSchemas.of(original.get("apiVersion").asText(), original.get("kind").asText());
    JsonNode result = parsed.apply(original, schema);
    assertThat(original).isEqualTo(unchanged);
    assertThat(parsed.apply(original, schema)).as("applied again").isEqualTo(result);
    return result;
  }

  private static JsonNode json(String json) {
    return patched(PatchType.JSON, CONFIG_MAP, json);
  }

  private static JsonNode strategic(String spec) {
    return patched(
            PatchType.STRATEGIC, DEPLOYMENT, "{\"spec\":{\"template\":{\"spec\":" + spec + "}}}")
        .at("/spec/template/spec");
  }

  private static StatusException error(PatchType type, String object, String patch) {
    StatusException thrown =
        catchThrowableOfType(StatusException.class, () -> patched(type, object, patch));
    assertThat(thrown).as("an error for " + patch).isNotNull();
    return thrown;
  }

  @Test
  void jsonPatch_allOperations_apply() {
    JsonNode result =
        json(
            """
            [{"op":"test","path":"/data/a","value":"1"},{"op":"add","path":"/data/c","value":"3"},
             {"op":"replace","path":"/data/a","value":"9"},{"op":"remove","path":"/data/b"},
             {"op":"replace","path":"/data/f","value":"8"},
             {"op":"move","path":"/data/d","from":"/data/c"},
             {"op":"copy","path":"/data/e","from":"/data/a"},
             {"op":"add","path":"/metadata/labels/q~1w","value":"z"},
             {"op":"add","path":"/metadata/finalizers/-","value":"z"},
             {"op":"add","path":"/metadata/finalizers/0","value":"y"},
             {"op":"remove","path":"/metadata/finalizers/1"}]""");
    assertThat(result.get("data"))
        .isEqualTo(Json.read("{\"a\":\"9\",\"f\":\"8\",\"d\":\"3\",\"e\":\"9\"}"));
    assertThat(result.at("/metadata/labels").toString()).isEqualTo("{\"x\":\"y\",\"q/w\":\"z\"}");
    assertThat(result.at("/metadata/finalizers").toString())
        .isEqualTo("[\"y\",\"example.com/b\",\"z\"]");
  }

  @Test
  void jsonPatch_thatDoesNotFit_isRejected() {
    for (String patch :
        new String[] {
          "[{\"op\":\"test\",\"path\":\"/data/a\",\"value\":\"2\"}]",
          "[{\"op\":\"remove\",\"path\":\"/data/zz\"}]",
          "[{\"op\":\"replace\",\"path\":\"/nope/x\",\"value\":1}]",
          "[{\"op\":\"replace\",\"path\":\"/metadata/finalizers/7\",\"value\":\"x\"}]",
          "[{\"op\":\"add\",\"path\":\"/metadata/finalizers/7\",\"value\":1}]",
          "[{\"op\":\"move\",\"path\":\"/data/x\"}]",
          "[{\"op\":\"fly\",\"path\":\"/data/x\"}]"
        }) {
      StatusException thrown = error(PatchType.JSON, CONFIG_MAP, patch);
      assertThat(thrown.code()).isEqualTo(422);
      assertThat(thrown.reason()).isEqualTo("Invalid");
      assertThat(thrown.status().message())
          .isEqualTo("the server rejected our request due to an error in our request");
    }
  }

  @Test
  void jsonPatch_thatIsNone_isABadRequest() {
    StatusException object = error(PatchType.JSON, CONFIG_MAP, "{\"op\":\"add\"}");
    assertThat(object.code()).isEqualTo(400);
    assertThat(object.status().message())
        .isEqualTo(
            "error decoding patch: json: cannot unmarshal object into Go value of type"
                + " []handlers.jsonPatchOp");
    assertThat(error(PatchType.JSON, CONFIG_MAP, "[{\"op\":\"add\"").status().message())
        .isEqualTo("error decoding patch: unexpected end of JSON input");
  }

  @Test
  void jsonPatch_testOfNumbers_comparesValues() {
    JsonNode result =
        patched(
            PatchType.JSON,
            DEPLOYMENT,
            "[{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":0.0}]");
    assertThat(result).isEqualTo(Json.read(DEPLOYMENT));
  }

  @Test
  void mergePatch_mergesObjectsDeletesNullsAndReplacesLists() {
    JsonNode result =
        patched(
            PatchType.MERGE,
            CONFIG_MAP,
            """
            {"data":{"a":null,"c":"3"},"metadata":{"labels":{"x":null},"annotations":{"n":"1"},
             "finalizers":["f"]}}""");
    assertThat(result)
        .isEqualTo(
            Json.read(
                """
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c1","labels":{},
                  "annotations":{"n":"1"},"finalizers":["f"]},"data":{"b":"2","c":"3"}}"""));
    assertThat(error(PatchType.MERGE, CONFIG_MAP, "[]").status().message())
        .isEqualTo(
            "error decoding patch: json: cannot unmarshal array into Go value of type"
                + " map[string]interface {}");
  }

  @Test
  void mergePatch_fieldTwice_isAStrictError() {
    Patch patch =
        Patch.parse(
            PatchType.MERGE, "{\"data\":{\"a\":1,\"a\":2}}".getBytes(StandardCharsets.UTF_8));
    assertThat(patch.strictErrors()).containsExactly("duplicate field \"data.a\"");
  }

  @Test
  void strategic_listsOfObjects_mergeByKeyInTheOrderOfThePatch() {
    JsonNode spec =
        strategic(
            """
            {"containers":[{"name":"a","image":"z:9",
               "env":[{"name":"B","value":"3"},{"name":"C","value":"4"}]},
             {"name":"n","image":"n"}]}""");
    assertThat(spec)
        .isEqualTo(
            Json.read(
                """
                {"containers":[
                  {"name":"a","image":"z:9","env":[{"name":"A","value":"1"},
                     {"name":"B","value":"3"},{"name":"C","value":"4"}],
                   "ports":[{"containerPort":80,"protocol":"TCP"}],"args":["x","y"]},
                  {"name":"n","image":"n"},{"name":"b","image":"app:1"}]}"""));
  }

  @Test
  void strategic_listWithoutMergeStrategy_isReplaced() {
    assertThat(
            strategic("{\"containers\":[{\"name\":\"a\",\"args\":[\"z\"]}]}")
                .at("/containers/0/args"))
        .isEqualTo(Json.read("[\"z\"]"));
  }

  @Test
  void strategic_patchDelete_deletes() {
    JsonNode spec =
        strategic(
            """
            {"containers":[{"$patch":"delete","name":"b"},
              {"name":"a","env":[{"$patch":"delete","name":"A"}]}]}""");
    assertThat(spec.get("containers").size()).isEqualTo(1);
    assertThat(spec.at("/containers/0/env"))
        .isEqualTo(Json.read("[{\"name\":\"B\",\"value\":\"2\"}]"));
    assertThat(
            patched(PatchType.STRATEGIC, CONFIG_MAP, "{\"data\":{\"$patch\":\"delete\"}}")
                .get("data"))
        .isEqualTo(Json.object());
  }

  @Test
  void strategic_patchReplace_replaces() {
    assertThat(
            strategic(
                    "{\"containers\":[{\"$patch\":\"replace\"},{\"name\":\"only\",\"image\":\"o\"}]}")
                .get("containers"))
        .isEqualTo(Json.read("[{\"name\":\"only\",\"image\":\"o\"}]"));
    assertThat(
            patched(
                    PatchType.STRATEGIC,
                    CONFIG_MAP,
                    "{\"metadata\":{\"labels\":{\"$patch\":\"replace\",\"k\":\"v\"}}}")
                .at("/metadata/labels"))
        .isEqualTo(Json.read("{\"k\":\"v\"}"));
    assertThat(
            patched(
                    PatchType.STRATEGIC,
                    DEPLOYMENT,
                    "{\"metadata\":{\"labels\":{\"$patch\":\"replace\",\"k\":\"v\"}}}")
                .at("/metadata")
                .has("labels"))
        .as("a directive where there is nothing to replace")
        .isFalse();
  }

  @Test
  void strategic_setElementOrder_orders() {
    JsonNode spec =
        strategic(
            """
            {"$setElementOrder/containers":[{"name":"n"},{"name":"b"},{"name":"a"}],
             "containers":[{"name":"n","image":"n"}]}""");
    assertThat(spec.at("/containers/0/name").asText()).isEqualTo("n");
    assertThat(spec.at("/containers/1/name").asText()).isEqualTo("b");
    assertThat(spec.at("/containers/2/name").asText()).isEqualTo("a");
    assertThat(
            error(
                    PatchType.STRATEGIC,
                    CONFIG_MAP,
                    """
                    {"metadata":{"$setElementOrder/finalizers":["a"],"finalizers":["b"]}}""")
                .code())
        .isEqualTo(400);
  }

  @Test
  void strategic_retainKeys_dropsTheOthers() {
    assertThat(
            patched(
                    PatchType.STRATEGIC,
                    DEPLOYMENT,
                    """
                    {"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}""")
                .at("/spec/strategy"))
        .isEqualTo(Json.read("{\"type\":\"Recreate\"}"));
    assertThat(
            error(
                    PatchType.STRATEGIC,
                    DEPLOYMENT,
                    "{\"spec\":{\"strategy\":{\"$retainKeys\":[\"x\"],\"type\":\"Recreate\"}}}")
                .code())
        .isEqualTo(400);
  }

  @Test
  void strategic_listsOfStrings_mergeAndDelete() {
    assertThat(
            patched(
                    PatchType.STRATEGIC,
                    CONFIG_MAP,
                    "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"example.com/a\"]}}")
                .at("/metadata/finalizers")
                .toString())
        .isEqualTo("[\"example.com/b\"]");
    assertThat(
            patched(
                    PatchType.STRATEGIC,
                    CONFIG_MAP,
                    "{\"metadata\":{\"finalizers\":[\"example.com/c\",\"example.com/a\"]}}")
                .at("/metadata/finalizers")
                .toString())
        .isEqualTo("[\"example.com/c\",\"example.com/a\",\"example.com/b\"]");
  }

  @Test
  void strategic_null_deletes() {
    JsonNode spec = strategic("{\"containers\":[{\"name\":\"a\",\"ports\":null}]}");
    assertThat(spec.at("/containers/0").has("ports")).isFalse();
  }

  @Test
  void strategic_newElement_losesNullsAndDirectives() {
    assertThat(
            strategic(
                    """
                    {"volumes":[{"name":"v","$retainKeys":["name","emptyDir"],
                      "emptyDir":{"medium":null}}]}""")
                .get("volumes"))
        .isEqualTo(Json.read("[{\"name\":\"v\",\"emptyDir\":{}}]"));
  }
}
