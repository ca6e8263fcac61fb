package dev.coracle.registry.subresource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Registry;
import dev.coracle.registry.RegistryFixture;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Subresources that are not just a part of their object. */
class SubresourcesTest extends RegistryFixture {

  @Test
  void scale_readAndWritten_changesReplicas() {
    create("deployments", "a", "{'metadata':{'name':'d'},'spec':{'replicas':1," + TEMPLATE + "}}");
    KubeObject scale = registry.getSubresource(type("deployments"), "a", "d", "scale");
    assertThat(scale.kind()).isEqualTo("Scale");
    assertThat(scale.text("status", "selector")).isEqualTo("x=y");
    registry.update(
        context,
        type("deployments"),
        "a",
        "d",
        "scale",
        json("{'metadata':{'name':'d'},'spec':{'replicas':4}}"),
        NONE);
    assertThat(get("deployments", "a", "d").at("spec", "replicas").asInt()).isEqualTo(4);
    assertThat(
            patch("deployments", "a", "d", "scale", "{'spec':{'replicas':2}}")
                .at("spec", "replicas")
                .asInt())
        .isEqualTo(2);
    assertStatus(
        () -> patch("deployments", "a", "d", "scale", "{'spec':{'replicas':-1}}"),
        422,
        "Scale.autoscaling \"d\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0");
  }

  /** Ansible scales by a strategic merge patch that says it is of the kind that is scaled. */
  @Test
  void strategicPatch_ofAnotherKind_isReadAsWhatItPatches() {
    create("deployments", "a", "{'metadata':{'name':'d'},'spec':{'replicas':1," + TEMPLATE + "}}");
    for (String subresource : List.of("scale", "")) {
      String body = "{'apiVersion':'apps/v2','kind':'Other','spec':{'replicas':3}}";
      KubeObject patched =
          registry
              .patch(
                  context,
                  type("deployments"),
                  "a",
                  "d",
                  subresource,
                  PatchType.STRATEGIC,
                  Json.write(json(body)),
                  NONE)
              .object();
      assertThat(patched.kind()).isEqualTo(subresource.isEmpty() ? "Deployment" : "Scale");
      assertThat(patched.at("spec", "replicas").asInt()).isEqualTo(3);
    }
  }

  @Test
  void binding_ofPod_setsNodeOnce() {
    create(
        "pods", "a", "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    assertThat(get("pods", "a", "p").text("status", "phase")).isEqualTo("Pending");
    assertThat(get("pods", "a", "p").text("status", "qosClass")).isEqualTo("BestEffort");
    Registry.Written bound =
        registry.create(
            context,
            type("pods"),
            "a",
            "p",
            "binding",
            json("{'metadata':{'name':'p'},'target':{'kind':'Node','name':'n'}}"),
            NONE);
    assertThat(bound.object().kind()).isEqualTo("Status");
    assertThat(get("pods", "a", "p").text("spec", "nodeName")).isEqualTo("n");
    assertStatus(
        () ->
            registry.create(
                context,
                type("pods"),
                "a",
                "p",
                "binding",
                json("{'metadata':{'name':'p'},'target':{'kind':'Node','name':'m'}}"),
                NONE),
        409,
        "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n\"");
  }

  private void evict(String pod) {
    registry.create(
        context,
        type("pods"),
        "a",
        pod,
        "eviction",
        json("{'metadata':{'name':'" + pod + "'}}"),
        NONE);
  }

  @Test
  void eviction_inEitherVersion_isTakenAndNoOther() {
    for (String version : List.of("v1", "v1beta1")) {
      create(
          "pods",
          "a",
          "{'metadata':{'name':'%s'},'spec':{'containers':[{'name':'c','image':'i'}]}}"
              .formatted(version));
      registry.create(
          context, type("pods"), "a", version, "eviction", eviction(version, version), NONE);
      assertThatThrownBy(() -> get("pods", "a", version)).hasMessageContaining("not found");
    }
    assertThatThrownBy(
            () ->
                registry.create(
                    context, type("pods"), "a", "v1", "eviction", eviction("v2", "v1"), NONE))
        .hasMessageContaining("no kind \"Eviction\" is registered for version \"policy/v2\"");
  }

  private static ObjectNode eviction(String version, String pod) {
    return json(
        "{'apiVersion':'policy/%s','kind':'Eviction','metadata':{'name':'%s'}}"
            .formatted(version, pod));
  }

  @Test
  void eviction_ofRunningPods_spendsTheirBudget() {
    for (String name : List.of("p", "q")) {
      create(
          "pods",
          "a",
          "{'metadata':{'name':'"
              + name
              + "','labels':{'x':'y'}},'spec':{'nodeName':'n','containers':[{'name':'c','image':'i'}]}}");
      patch(
          "pods",
          "a",
          name,
          "status",
          "{'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}");
    }
    create(
        "poddisruptionbudgets",
        "a",
        "{'metadata':{'name':'b'},'spec':{'minAvailable':1,'selector':{'matchLabels':{'x':'y'}}}}");
    patch(
        "poddisruptionbudgets",
        "a",
        "b",
        "status",
        "{'status':{'observedGeneration':1,'disruptionsAllowed':1,'desiredHealthy':1,'currentHealthy':2}}");
    evict("p");
    assertThat(get("pods", "a", "p").isDeleting()).isTrue();
    assertThat(get("poddisruptionbudgets", "a", "b").at("status", "disruptionsAllowed").asInt(-1))
        .isZero();
    assertThatThrownBy(() -> evict("q"))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.code()).isEqualTo(429);
              assertThat(e.status().details().causes().getFirst().message())
                  .isEqualTo("The disruption budget b needs 1 healthy pods and has 2 currently");
            });
    assertThat(get("pods", "a", "q").isDeleting()).isFalse();
    patch(
        "pods",
        "a",
        "q",
        "status",
        "{'status':{'conditions':[{'type':'Ready','status':'False'}]}}");
    evict("q");
    assertThat(get("pods", "a", "q").isDeleting()).isTrue();
  }
}
