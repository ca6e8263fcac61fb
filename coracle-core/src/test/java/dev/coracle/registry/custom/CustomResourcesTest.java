package dev.coracle.registry.custom;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.RegistryFixture;
import org.junit.jupiter.api.Test;

/** Resources that definitions bring and take away. */
class CustomResourcesTest extends RegistryFixture {

  private static final String BOATS =
      "{'metadata':{'name':'boats.example.com'},'spec':{'group':'example.com','scope':'Namespaced',"
          + "'names':{'plural':'boats','kind':'Boat'},'versions':[{'name':'v1','served':true,"
          + "'storage':true,'subresources':{'status':{},'scale':{'specReplicasPath':'.spec.replicas',"
          + "'statusReplicasPath':'.status.replicas'}},'schema':{'openAPIV3Schema':{'type':'object',"
          + "'properties':{'spec':{'type':'object','properties':{'replicas':{'type':'integer'},"
          + "'size':{'type':'integer','default':7}}},'status':{'type':'object','properties':"
          + "{'replicas':{'type':'integer'}}}}}}}]}}";

  @Test
  void definition_created_servesItsResourceAtOnce() {
    KubeObject definition = create("customresourcedefinitions", "", BOATS);
    assertThat(definition.at("status", "storedVersions").get(0).asText()).isEqualTo("v1");
    KubeObject boat =
        create(
            "boats",
            "a",
            "{'metadata':{'name':'b'},'spec':{'replicas':2,'bogus':1},'status':{'replicas':9}}");
    assertThat(boat.generation()).isEqualTo(1);
    assertThat(boat.at("spec", "size").asInt()).isEqualTo(7);
    assertThat(boat.at("spec", "bogus").isMissingNode()).isTrue();
    assertThat(boat.at("status").isMissingNode()).isTrue();
    patch("boats", "a", "b", "status", "{'status':{'replicas':1},'spec':{'replicas':5}}");
    assertThat(get("boats", "a", "b").at("spec", "replicas").asInt()).isEqualTo(2);
    patch("boats", "a", "b", "scale", "{'spec':{'replicas':3}}");
    assertThat(get("boats", "a", "b").at("spec", "replicas").asInt()).isEqualTo(3);
    assertThat(get("boats", "a", "b").generation()).isEqualTo(2);
    assertStatus(
        () -> update("boats", "a", "b", json("{'metadata':{'name':'b'},'spec':{}}")),
        422,
        "boats.example.com \"b\" is invalid: metadata.resourceVersion: Invalid value: 0: must be"
            + " specified for an update");
  }

  @Test
  void object_withoutKindOrVersion_isRefused() {
    create("customresourcedefinitions", "", BOATS);
    assertStatus(
        () -> create("boats", "a", "{'kind':'','metadata':{'name':'b'}}"),
        400,
        "Boat in version \"v1\" cannot be handled as a Boat: Object 'Kind' is missing in"
            + " '{\"kind\":\"\",\"metadata\":{\"name\":\"b\"}}'");
    assertStatus(
        () -> create("boats", "a", "{'kind':'Boat','metadata':{'name':'b'}}"),
        400,
        "the API version in the data () does not match the expected API version (example.com/v1)");
  }

  @Test
  void definition_deleted_takesItsObjectsAlong() {
    create("customresourcedefinitions", "", BOATS);
    create("boats", "a", "{'metadata':{'name':'b'}}");
    delete("customresourcedefinitions", "", "boats.example.com", DeleteOptions.DEFAULT);
    org.awaitility.Awaitility.await()
        .until(() -> registry.find("example.com", "v1", "boats") == null);
    assertThat(store.range("/registry/example.com/", "", 0, 0).entries()).isEmpty();
  }

  @Test
  void definition_ofTheStore_isServedAfterRestart() {
    create("customresourcedefinitions", "", BOATS);
    create("boats", "a", "{'metadata':{'name':'b'}}");
    registry = open();
    assertThat(get("boats", "a", "b").kind()).isEqualTo("Boat");
  }
}
