package dev.coracle.schema.managedfields;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.schema.CustomSchemas;
import dev.coracle.schema.Schema;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Server-side apply on a custom resource: the same rules, from the CRD's schema. */
class CustomApplyTest {

  private static final Schema BOAT =
      CustomSchemas.of(
          (ObjectNode)
              Json.read(
                  """
                  {"type":"object","properties":{"spec":{"type":"object","properties":{
                    "name":{"type":"string"},
                    "crew":{"type":"array","x-kubernetes-list-type":"map",
                      "x-kubernetes-list-map-keys":["name"],"items":{"type":"object",
                        "required":["name"],"properties":{"name":{"type":"string"},
                          "role":{"type":"string"}}}},
                    "ports":{"type":"array","items":{"type":"string"}},
                    "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
                    "tags":{"type":"object","additionalProperties":{"type":"string"}}}}}}"""),
          false);

  private @Nullable ObjectNode live;

  private void apply(String manager, String spec) {
    String config =
        "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Boat\",\"metadata\":{\"name\":\"b\"},\"spec\":"
            + spec
            + "}";
    live =
        ManagedFields.apply(
            live,
            ManagedFields.parseApply(config.getBytes(StandardCharsets.UTF_8)),
            new FieldManager(
                manager,
                "example.com/v1",
                "",
                Instant.parse("2026-01-01T00:00:00Z"),
                BOAT,
                FieldSet.EMPTY),
            false);
  }

  private ObjectNode live() {
    ObjectNode object = live;
    assertThat(object).isNotNull();
    return object;
  }

  @Test
  void apply_listsMapsAndFreeFields_areSharedAsTheSchemaSays() {
    apply(
        "alpha",
        """
        {"name":"x","crew":[{"name":"ann","role":"cook"}],"ports":["a"],"free":{"k":{"l":1}},
         "tags":{"t":"1"}}""");
    apply(
        "beta",
        "{\"crew\":[{\"name\":\"bob\"}],\"free\":{\"k\":{\"m\":2}},\"tags\":{\"u\":\"2\"}}");
    assertThat(live().get("spec"))
        .isEqualTo(
            Json.read(
                """
                {"name":"x","crew":[{"name":"ann","role":"cook"},{"name":"bob"}],"ports":["a"],
                 "free":{"k":{"l":1,"m":2}},"tags":{"t":"1","u":"2"}}"""));
    apply("alpha", "{\"name\":\"x\",\"ports\":[\"a\"],\"free\":{\"k\":{\"l\":1}}}");
    assertThat(live().get("spec"))
        .isEqualTo(
            Json.read(
                """
                {"name":"x","crew":[{"name":"bob"}],"ports":["a"],"free":{"k":{"l":1,"m":2}},
                 "tags":{"u":"2"}}"""));
    assertThat(live().at("/metadata/managedFields/0/fieldsV1"))
        .isEqualTo(
            Json.read(
                """
                {"f:spec":{"f:free":{"f:k":{".":{},"f:l":{}}},"f:name":{},"f:ports":{}}}"""));
  }

  @Test
  void apply_atomicListOfOthers_conflictsAsAWhole() {
    apply("alpha", "{\"ports\":[\"a\"]}");
    StatusException conflict =
        catchThrowableOfType(
            StatusException.class, () -> apply("beta", "{\"ports\":[\"a\",\"b\"]}"));
    assertThat(conflict.status().message())
        .isEqualTo("Apply failed with 1 conflict: conflict with \"alpha\": .spec.ports");
  }

  @Test
  void apply_sameElementTwice_isRefused() {
    StatusException twice =
        catchThrowableOfType(
            StatusException.class,
            () -> apply("alpha", "{\"crew\":[{\"name\":\"a\"},{\"name\":\"a\"}]}"));
    assertThat(twice.status().message())
        .endsWith(".spec.crew: duplicate entries for key [name=\"a\"]");
  }
}
