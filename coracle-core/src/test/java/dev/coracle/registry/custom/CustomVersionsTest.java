package dev.coracle.registry.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The versions of a custom resource that are stored and served, and what a CRD says of them. */
class CustomVersionsTest extends ShipsFixture {

  @Test
  void storageVersion_changed_isRememberedAndUsedByTheNextWrite() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    redefine(definition("v2", byName()));

    KubeObject definition = registry.get(definitions(), "", CRD, "");
    assertThat(definition.at("status", "storedVersions").toString()).isEqualTo("[\"v1\",\"v2\"]");
    assertThat(storedVersion("b")).isEqualTo("sea.example.com/v1");
    KubeObject before = get("v1", "b");
    KubeObject after =
        registry.update(context, ships("v1"), "a", "b", "", before.mutableTree(), NONE).object();
    assertThat(storedVersion("b")).isEqualTo("sea.example.com/v2");
    assertThat(after.resourceVersion()).isGreaterThan(before.resourceVersion());
    KubeObject again =
        registry.update(context, ships("v1"), "a", "b", "", after.mutableTree(), NONE).object();
    assertThat(again.resourceVersion()).isEqualTo(after.resourceVersion());
  }

  @Test
  void version_noLongerServed_isGoneAndItsObjectsAreServedInTheOther() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    List<String> told = new CopyOnWriteArrayList<>();
    registry.watch(ships("v1"), "a", ListOptions.ALL, sink(told));
    ObjectNode next = definition("v2", byName());
    ((ObjectNode) next.path("spec").path("versions").path(0)).put("served", false);
    redefine(next);

    assertThat(registry.find("sea.example.com", "v1", "ships")).isNull();
    assertThat(get("v2", "b").apiVersion()).isEqualTo("sea.example.com/v2");
    await().until(() -> told.contains("ended"));
  }

  @Test
  void read_schemaGainedDefaults_hasThemAlsoAfterARestart() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    ObjectNode next = definition("v1", byName());
    ObjectNode spec =
        (ObjectNode) next.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    spec.putObject("sail").put("type", "string").put("default", "white");
    redefine(next);

    assertThat(get("v1", "b").text("spec", "sail")).isEqualTo("white");
    assertThat(registry.list(ships("v1"), "a", ListOptions.ALL).items().getFirst().at("spec"))
        .isEqualTo(json("{'size':1,'sail':'white'}"));
    registry = open();
    assertThat(get("v1", "b").text("spec", "sail")).isEqualTo("white");
  }

  @Test
  void read_schemaLostAField_isPruned() {
    define(definition("v1", byName()));
    ship("v1", "b", "{'size':1}");
    ObjectNode next = definition("v1", byName());
    ((ObjectNode) next.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"))
        .removeAll()
        .putObject("sail")
        .put("type", "string");
    redefine(next);

    assertThat(get("v1", "b").at("spec")).isEqualTo(json("{}"));
  }

  @Test
  void deprecatedVersion_hasTheWarningOfItsCrdOrKubernetesOwn() {
    ObjectNode definition = definition("v2", byName());
    ObjectNode first = (ObjectNode) definition.path("spec").path("versions").path(0);
    first.put("deprecated", true);
    define(definition);
    assertThat(ships("v1").deprecation())
        .isEqualTo("sea.example.com/v1 Ship is deprecated; use sea.example.com/v2 Ship");
    assertThat(ships("v2").deprecation()).isEmpty();

    first.put("deprecationWarning", "v1 sinks");
    redefine(definition);
    assertThat(ships("v1").deprecation()).isEqualTo("v1 sinks");
  }

  @Test
  void names_takenByAnother_areAcceptedWhenThatIsGone() {
    define(definition("v1", byName()));
    ObjectNode other = definition("v1", byName());
    ((ObjectNode) other.path("metadata")).put("name", "vessels.sea.example.com");
    ((ObjectNode) other.path("spec").path("names"))
        .put("plural", "vessels")
        .put("singular", "vessel");
    KubeObject refused = define(other);
    assertThat(refused.at("status", "conditions").path(0).path("reason").asText())
        .isEqualTo("ListKindConflict");
    assertThat(refused.at("status", "conditions").path(1).path("reason").asText())
        .isEqualTo("NotAccepted");
    assertThat(refused.at("status", "acceptedNames"))
        .isEqualTo(json("{'plural':'vessels','singular':'vessel','kind':''}"));
    assertThat(registry.find("sea.example.com", "v1", "vessels")).isNull();

    registry.delete(context, definitions(), "", CRD, DeleteOptions.background());
    await().until(() -> registry.find("sea.example.com", "v1", "vessels") != null);
  }

  @Test
  void create_unqualifiedFinalizer_isAllowedWithAWarning() {
    define(definition("v1", byName()));
    ObjectNode ship =
        json(
            "{'apiVersion':'sea.example.com/v1','kind':'Ship','metadata':{'name':'b',"
                + "'finalizers':['mine']},'spec':{}}");
    registry.create(context, ships("v1"), "a", "", "", ship, NONE);

    assertThat(context.warnings())
        .containsExactly(
            "metadata.finalizers: \"mine\": prefer a domain-qualified finalizer name including a"
                + " path (/) to avoid accidental conflicts with other finalizer writers");
  }

  @Test
  void create_otherKind_isInvalid() {
    define(definition("v1", byName()));
    ObjectNode boat =
        json("{'apiVersion':'sea.example.com/v1','kind':'Boat','metadata':{'name':'b'}}");
    assertThatThrownBy(() -> registry.create(context, ships("v1"), "a", "", "", boat, NONE))
        .hasMessage(
            "Boat.sea.example.com \"b\" is invalid: kind: Invalid value: \"Boat\": must be Ship");
  }
}
