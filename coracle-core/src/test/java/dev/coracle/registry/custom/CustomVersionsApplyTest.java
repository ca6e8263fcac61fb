package dev.coracle.registry.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import org.junit.jupiter.api.Test;

/** Who owns what of a custom resource that is applied in several versions. */
class CustomVersionsApplyTest extends ShipsFixture {

  private KubeObject apply(String version, String manager, String spec) {
    String ship =
        "{'apiVersion':'sea.example.com/"
            + version
            + "','kind':'Ship','metadata':{'name':'b'},'spec':"
            + spec
            + "}";
    return registry
        .patch(
            context,
            ships(version),
            "a",
            "b",
            "",
            PatchType.APPLY,
            Json.write(json(ship)),
            WriteOptions.manager(manager))
        .object();
  }

  @Test
  void apply_inAnotherVersion_conflictsInTheVersionOfTheOwner() {
    define(definition("v1", byWebhook()));
    apply("v1", "first", "{'size':3}");

    assertThatThrownBy(() -> apply("v2", "second", "{'sizes':[4]}"))
        .isInstanceOfSatisfying(
            StatusException.class,
            conflict -> {
              assertThat(conflict.code()).isEqualTo(409);
              assertThat(conflict.status().details().causes())
                  .extracting(cause -> cause.message() + " " + cause.field())
                  .containsExactly("conflict with \"first\" .spec.size");
            });
    assertThat(apply("v2", "second", "{'sizes':[3]}").at("spec")).isEqualTo(json("{'sizes':[3]}"));
  }

  @Test
  void apply_sameManagerInAnotherVersion_ownsItsFieldsThere() {
    define(definition("v1", byWebhook()));
    apply("v1", "first", "{'size':3}");

    assertThat(apply("v2", "first", "{'sizes':[5]}").at("spec")).isEqualTo(json("{'sizes':[5]}"));
    assertThat(get("v1", "b").at("spec")).isEqualTo(json("{'size':5}"));
    assertThat(get("v1", "b").at("metadata", "managedFields")).hasSize(1);
    assertThat(get("v1", "b").at("metadata", "managedFields").path(0).path("apiVersion").asText())
        .isEqualTo("sea.example.com/v2");
  }

  @Test
  void apply_withoutWhatWasAppliedInAnotherVersion_removesIt() {
    define(definition("v1", byName()));
    apply("v1", "first", "{'size':3}");
    ObjectNode next = definition("v1", byName());
    ((ObjectNode) next.at("/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties"))
        .putObject("size")
        .put("type", "integer");
    redefine(next);

    assertThat(apply("v2", "first", "{'first':'x'}").at("spec")).isEqualTo(json("{'first':'x'}"));
  }
}
