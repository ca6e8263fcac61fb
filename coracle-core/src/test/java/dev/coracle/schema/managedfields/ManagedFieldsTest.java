package dev.coracle.schema.managedfields;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.schema.KnownSchemas;
import dev.coracle.schema.decoding.Decoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ManagedFieldsTest {

  private static final String CONFIG_MAP = "\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"";
  private static final String DEPLOYMENT = "\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\"";

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private @Nullable ObjectNode live;

  private FieldManager manager(String name, ObjectNode object) {
    String apiVersion = object.get("apiVersion").asText();
    now = now.plusSeconds(1);
    return new FieldManager(
        name,
        apiVersion,
        "",
        now,
        KnownSchemas.of(apiVersion, object.get("kind").asText()),
        FieldSet.of("status"));
  }

  private void apply(String name, String config) {
    apply(name, config, false);
  }

  private void apply(String name, String config, boolean force) {
    ObjectNode parsed = ManagedFields.parseApply(config.getBytes(StandardCharsets.UTF_8));
    FieldManager manager = manager(name, parsed);
    ObjectNode before = live == null ? null : live.deepCopy();
    ObjectNode result = ManagedFields.apply(live, parsed, manager, force);
    assertThat(live).as("the live object stays as it is").isEqualTo(before);
    live = Decoder.prune(result, manager.schema());
  }

  private void applyConfigMap(String name, String fields) {
    apply(name, "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\"}" + fields + "}");
  }

  private void update(String name, String object) {
    ObjectNode changed = (ObjectNode) Json.read(object);
    ManagedFields.update(live, changed, manager(name, changed));
    live = changed;
  }

  private StatusException error(String name, String config) {
    StatusException thrown = catchThrowableOfType(StatusException.class, () -> apply(name, config));
    assertThat(thrown).as("an error for " + config).isNotNull();
    return thrown;
  }

  private ObjectNode live() {
    ObjectNode object = live;
    assertThat(object).isNotNull();
    return object;
  }

  private String owned(String name) {
    for (JsonNode entry : live().path("metadata").path("managedFields")) {
      if (entry.get("manager").asText().equals(name)) {
        return entry.get("fieldsV1").toString();
      }
    }
    return "nothing";
  }

  @Test
  void apply_newObject_ownsWhatItSays() {
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\"}");
    JsonNode entry = live().at("/metadata/managedFields/0");
    assertThat(entry)
        .isEqualTo(
            Json.read(
                """
                {"manager":"alpha","operation":"Apply","apiVersion":"v1",
                 "time":"2026-01-01T00:00:01Z","fieldsType":"FieldsV1",
                 "fieldsV1":{"f:data":{"f:a":{}}}}"""));
    JsonNode before = live().deepCopy();
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\"}");
    assertThat(live()).as("nothing changes, not even the time").isEqualTo(before);
    applyConfigMap("alpha", ",\"data\":{\"a\":\"2\"}");
    assertThat(live().at("/data/a").asText()).isEqualTo("2");
    assertThat(live().at("/metadata/managedFields/0/time").asText())
        .isEqualTo("2026-01-01T00:00:03Z");
  }

  @Test
  void apply_fieldsOfOthers_conflictUnlessForced() {
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\",\"b\":\"1\"}");
    StatusException conflict =
        error(
            "beta",
            "{"
                + CONFIG_MAP
                + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"2\",\"b\":\"2\"}}");
    assertThat(conflict.code()).isEqualTo(409);
    assertThat(conflict.reason()).isEqualTo("Conflict");
    assertThat(conflict.status().message())
        .isEqualTo(
            "Apply failed with 2 conflicts: conflicts with \"alpha\":\n- .data.a\n- .data.b");
    assertThat(conflict.status().details().causes())
        .containsExactly(
            new StatusCause("FieldManagerConflict", "conflict with \"alpha\"", ".data.a"),
            new StatusCause("FieldManagerConflict", "conflict with \"alpha\"", ".data.b"));
    apply(
        "beta", "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"2\"}}", true);
    assertThat(live().get("data")).isEqualTo(Json.read("{\"a\":\"2\",\"b\":\"1\"}"));
    assertThat(owned("alpha")).isEqualTo("{\"f:data\":{\"f:b\":{}}}");
    assertThat(owned("beta")).isEqualTo("{\"f:data\":{\"f:a\":{}}}");
  }

  @Test
  void apply_afterUpdate_conflictsWithTheUpdater() {
    update("replay", "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"1\"}}");
    assertThat(owned("replay")).isEqualTo("{\"f:data\":{\".\":{},\"f:a\":{}}}");
    StatusException conflict =
        error(
            "alpha", "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"2\"}}");
    assertThat(conflict.status().message())
        .isEqualTo("Apply failed with 1 conflict: conflict with \"replay\" using v1: .data.a");
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\"}");
    assertThat(owned("alpha")).isEqualTo("{\"f:data\":{\"f:a\":{}}}");
    assertThat(live().at("/metadata/managedFields/0").has("time"))
        .as("an apply that changes nothing has no time")
        .isFalse();
  }

  @Test
  void apply_fieldSaidNoMore_isRemovedWhenNobodyElseOwnsIt() {
    apply(
        "alpha",
        "{"
            + CONFIG_MAP
            + ",\"metadata\":{\"name\":\"c1\",\"labels\":{\"l\":\"1\"}},"
            + "\"data\":{\"a\":\"1\",\"s\":\"x\"}}");
    applyConfigMap("beta", ",\"data\":{\"s\":\"x\",\"b\":\"2\"}");
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\"}");
    assertThat(live().get("data")).isEqualTo(Json.read("{\"a\":\"1\",\"s\":\"x\",\"b\":\"2\"}"));
    assertThat(live().get("metadata").has("labels")).isFalse();
    assertThat(owned("alpha")).isEqualTo("{\"f:data\":{\"f:a\":{}}}");
    applyConfigMap("beta", ",\"data\":{\"b\":\"2\"}");
    assertThat(live().get("data")).isEqualTo(Json.read("{\"a\":\"1\",\"b\":\"2\"}"));
  }

  @Test
  void apply_nothingAnyMore_leavesNothing() {
    apply(
        "alpha",
        "{"
            + CONFIG_MAP
            + ",\"metadata\":{\"name\":\"c1\",\"annotations\":{\"n\":\"1\"}},\"data\":{\"a\":\"1\"}}");
    applyConfigMap("alpha", "");
    assertThat(live()).isEqualTo(Json.read("{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\"}}"));
  }

  @Test
  void apply_listOfObjects_isSharedByKey() {
    String start = "{" + DEPLOYMENT + ",\"metadata\":{\"name\":\"d1\"},\"spec\":{";
    String mine =
        "\"selector\":{\"matchLabels\":{\"app\":\"a\"}},\"replicas\":0,"
            + "\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"}},\"spec\":{\"containers\":"
            + "[{\"name\":\"a\",\"image\":\"IMAGE\",\"ports\":[{\"containerPort\":80}]}]}}}}";
    apply("alpha", start + mine.replace("IMAGE", "app:1"));
    assertThat(owned("alpha"))
        .isEqualTo(
            "{\"f:spec\":{\"f:replicas\":{},\"f:selector\":{},\"f:template\":{\"f:metadata\":"
                + "{\"f:labels\":{\"f:app\":{}}},\"f:spec\":{\"f:containers\":"
                + "{\"k:{\\\"name\\\":\\\"a\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{},"
                + "\"f:ports\":{\"k:{\\\"containerPort\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":"
                + "{\".\":{},\"f:containerPort\":{}}}}}}}}}");
    apply(
        "beta",
        start
            + "\"template\":{\"spec\":{\"containers\":[{\"name\":\"b\",\"image\":\"app:1\"}]}}}}");
    apply("alpha", start + mine.replace("IMAGE", "app:2"));
    JsonNode containers = live().at("/spec/template/spec/containers");
    assertThat(containers.size()).isEqualTo(2);
    assertThat(containers.at("/0/image").asText()).isEqualTo("app:2");
    assertThat(containers.at("/1/name").asText()).isEqualTo("b");
    apply("beta", start + "\"template\":{\"spec\":{}}}}");
    assertThat(live().at("/spec/template/spec/containers").size()).isEqualTo(1);
    assertThat(owned("beta")).doesNotContain("containers");
  }

  @Test
  void apply_set_isSharedByValue() {
    apply(
        "alpha",
        "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\",\"finalizers\":[\"example.com/a\"]}}");
    apply(
        "beta",
        "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\",\"finalizers\":[\"example.com/b\"]}}");
    assertThat(live().at("/metadata/finalizers").toString())
        .isEqualTo("[\"example.com/a\",\"example.com/b\"]");
    assertThat(owned("beta"))
        .isEqualTo("{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"example.com/b\\\"\":{}}}}");
    applyConfigMap("beta", "");
    assertThat(live().at("/metadata/finalizers").toString()).isEqualTo("[\"example.com/a\"]");
    assertThat(owned("beta")).isEqualTo("nothing");
    applyConfigMap("alpha", "");
    assertThat(live().get("metadata").has("finalizers")).isFalse();
  }

  @Test
  void update_ofAnAppliedField_movesItsOwner() {
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\",\"b\":\"1\"}");
    ObjectNode changed = live().deepCopy();
    changed.withObject("/data").put("a", "9");
    update("replay", changed.toString());
    assertThat(owned("alpha")).isEqualTo("{\"f:data\":{\"f:b\":{}}}");
    assertThat(owned("replay")).isEqualTo("{\"f:data\":{\"f:a\":{}}}");
    JsonNode before = live().deepCopy();
    update("other", live().toString());
    assertThat(live()).as("an update that changes nothing").isEqualTo(before);
    applyConfigMap("alpha", ",\"data\":{\"b\":\"1\"}");
    assertThat(live().get("data")).isEqualTo(Json.read("{\"a\":\"9\",\"b\":\"1\"}"));
  }

  @Test
  void update_withoutManagedFields_keepsThem_andOneEmptyEntryClearsThem() {
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\"}");
    update("replay", "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"1\"}}");
    assertThat(owned("alpha")).isEqualTo("{\"f:data\":{\"f:a\":{}}}");
    update(
        "replay",
        "{"
            + CONFIG_MAP
            + ",\"metadata\":{\"name\":\"c1\",\"managedFields\":[{}]},\"data\":{\"a\":\"1\"}}");
    assertThat(live().get("metadata").has("managedFields")).isFalse();
  }

  @Test
  void update_create_doesNotOwnWhatGoHasAnyway() {
    update(
        "replay",
        """
        {"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{},"reason":"r",
         "source":{"component":"c"},"eventTime":null,"reportingComponent":"",
         "reportingInstance":""}""");
    assertThat(owned("replay")).isEqualTo("{\"f:reason\":{},\"f:source\":{\"f:component\":{}}}");
  }

  @Test
  void update_elementsThatComeTwice_areOwnedTogether() {
    update(
        "replay",
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[
          {"name":"c","env":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}]}}""");
    assertThat(owned("replay"))
        .isEqualTo(
            "{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"c\\\"}\":{\".\":{},"
                + "\"f:env\":{\".\":{},\"k:{\\\"name\\\":\\\"A\\\"}\":{}},\"f:name\":{}}}}}");
  }

  @Test
  void update_ignoredFields_areNotOwned() {
    update(
        "replay",
        "{"
            + DEPLOYMENT
            + ",\"metadata\":{\"name\":\"d1\"},\"spec\":{\"replicas\":1},\"status\":{\"replicas\":1}}");
    assertThat(owned("replay")).isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
  }

  @Test
  void apply_unmanagedObject_leavesTheRestToWhoeverWasBefore() {
    live =
        (ObjectNode)
            Json.read(
                "{"
                    + CONFIG_MAP
                    + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"1\",\"b\":\"1\"}}");
    applyConfigMap("alpha", ",\"data\":{\"a\":\"1\"}");
    assertThat(owned("before-first-apply"))
        .isEqualTo("{\"f:data\":{\".\":{},\"f:a\":{},\"f:b\":{}}}");
    assertThat(live().get("data").size()).isEqualTo(2);
  }

  @Test
  void apply_whatIsNoConfiguration_isRefused() {
    StatusException unknown =
        error(
            "alpha",
            "{"
                + CONFIG_MAP
                + ",\"metadata\":{\"name\":\"c1\"},\"data\":{\"a\":\"1\"},\"bogus\":1}");
    assertThat(unknown.code()).isEqualTo(500);
    assertThat(unknown.status().message())
        .isEqualTo(
            "failed to create typed patch object (/c1; /v1, Kind=ConfigMap): .bogus: field not"
                + " declared in schema");
    StatusException managed =
        error(
            "alpha", "{" + CONFIG_MAP + ",\"metadata\":{\"name\":\"c1\",\"managedFields\":[{}]}}");
    assertThat(managed.status().message()).isEqualTo("metadata.managedFields must be nil");
    StatusException kindless = error("alpha", "{\"metadata\":{\"name\":\"c1\"}}");
    assertThat(kindless.code()).isEqualTo(400);
    assertThat(kindless.status().message()).isEqualTo("invalid object type: /, Kind=");
    assertThat(error("alpha", "a: b: c").code()).isEqualTo(400);
  }
}
