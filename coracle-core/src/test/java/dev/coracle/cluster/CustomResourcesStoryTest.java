package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.client.webhook.WebhookServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Custom resources as kubectl and operators see them, over a real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CustomResourcesStoryTest {

  private static final GroupVersionResource DEFINITIONS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");

  private static final String CANOES =
      """
      {'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',
       'metadata':{'name':'canoes.sea.example.com'},
       'spec':{'group':'sea.example.com','scope':'Namespaced',
        'names':{'plural':'canoes','singular':'canoe','kind':'Canoe','shortNames':['cn'],
         'categories':['all']},
        'versions':[{'name':'v1','served':true,'storage':true,
         'subresources':{'status':{},'scale':{'specReplicasPath':'.spec.replicas',
          'statusReplicasPath':'.status.replicas','labelSelectorPath':'.status.selector'}},
         'selectableFields':[{'jsonPath':'.spec.color'}],
         'additionalPrinterColumns':[
          {'name':'Color','type':'string','jsonPath':'.spec.color'},
          {'name':'Bow','type':'string','jsonPath':".spec.crew[?(@.seat=='bow')].name"},
          {'name':'Count','type':'integer','jsonPath':'.spec.replicas','priority':1}],
         'schema':{'openAPIV3Schema':{'type':'object','description':'A light boat.','properties':{
          'spec':{'type':'object','properties':{
           'color':{'type':'string','description':'Of the hull.'},
           'replicas':{'type':'integer','default':1},
           'crew':{'type':'array','x-kubernetes-list-type':'map',
            'x-kubernetes-list-map-keys':['name'],'items':{'type':'object','required':['name'],
             'properties':{'name':{'type':'string'},'seat':{'type':'string'}}}}}},
          'status':{'type':'object','properties':{'replicas':{'type':'integer'},
           'selector':{'type':'string'}}}}}}},
         {'name':'v1alpha1','served':true,'storage':false,'deprecated':true,
         'schema':{'openAPIV3Schema':{'type':'object',
          'x-kubernetes-preserve-unknown-fields':true}}}]}}
      """;

  private TestCluster cluster;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = TestCluster.controlPlane(directory);
    cluster.client().create(DEFINITIONS, "", json(CANOES));
    kubectlOn(
        "{'apiVersion':'sea.example.com/v1','kind':'Canoe','metadata':{'name':'one'},'spec':"
            + "{'color':'red','crew':[{'name':'ann','seat':'stern'},{'name':'bob','seat':'bow'}]}}",
        "create",
        "-f",
        "-");
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  private static ObjectNode json(String text) {
    return Json.readObject(
        text.replace("\".spec", "'.spec")
            .replace(".name\"", ".name'")
            .replace("=='bow'", "==\\\"bow\\\"")
            .replace('\'', '"')
            .getBytes(StandardCharsets.UTF_8));
  }

  private String kubectl(String... arguments) throws Exception {
    return cluster.kubectl(arguments).text();
  }

  private String kubectlOn(String object, String... arguments) throws Exception {
    return cluster.kubectlWithInput(json(object).toString(), arguments).text();
  }

  @Test
  void definition_created_isEstablishedInItsAnswerAndServedAtOnce() {
    ObjectNode rafts =
        json(CANOES.replace("canoe", "raft").replace("Canoe", "Raft").replace("'cn'", "'rf'"));
    KubeObject created = cluster.client().create(DEFINITIONS, "", rafts);
    GroupVersionResource resource = GroupVersionResource.of("sea.example.com", "v1", "rafts");
    assertThat(cluster.client().list(resource, "default", ListOptions.ALL).items()).isEmpty();
    assertThat(created.at("status", "conditions").findValuesAsText("type"))
        .containsExactly("NamesAccepted", "Established");
    assertThat(created.at("status", "conditions").findValuesAsText("status")).containsOnly("True");
  }

  @Test
  void kubectl_get_knowsColumnsShortNamesAndCategories() throws Exception {
    assertThat(kubectl("get", "cn")).matches("NAME\\s+COLOR\\s+BOW\\s*\\none\\s+red\\s+bob\\s*\\n");
    assertThat(kubectl("get", "canoe", "one", "-o", "wide")).contains("COUNT");
    assertThat(kubectl("get", "all")).contains("canoe.sea.example.com/one");
    assertThat(kubectl("get", "canoes", "--field-selector", "spec.color=red", "-o", "name"))
        .isEqualTo("canoe.sea.example.com/one\n");
    assertThat(kubectl("get", "canoes", "--field-selector", "spec.color!=red", "-o", "name"))
        .isEmpty();
  }

  @Test
  void kubectl_explain_readsTheSchema() throws Exception {
    assertThat(kubectl("explain", "canoes.spec.color")).contains("<string>", "Of the hull.");
    assertThat(kubectl("explain", "canoes")).contains("A light boat.");
  }

  @Test
  void kubectl_scale_changesReplicas() throws Exception {
    assertThat(kubectl("scale", "canoe", "one", "--replicas=3")).contains("scaled");
    assertThat(kubectl("get", "canoe", "one", "-o", "jsonpath={.spec.replicas}")).isEqualTo("3");
  }

  @Test
  void deprecatedVersion_warnsEveryReader() throws Exception {
    assertThat(kubectl("get", "canoes.v1alpha1.sea.example.com"))
        .contains(
            "Warning: sea.example.com/v1alpha1 Canoe is deprecated; use sea.example.com/v1 Canoe");
    assertThat(kubectl("get", "canoes.v1.sea.example.com")).doesNotContain("Warning");
  }

  @Test
  void conversion_byWebhookOverTheWire_worksBothWays() throws Exception {
    try (WebhookServer webhook =
        new WebhookServer(
            review -> {
              ObjectNode answer = review.deepCopy();
              JsonNode request = answer.remove("request");
              ObjectNode response = answer.putObject("response");
              response.set("uid", request.get("uid"));
              response.putObject("result").put("status", "Success");
              var converted = response.putArray("convertedObjects");
              for (JsonNode object : request.path("objects")) {
                ((ObjectNode) object).set("apiVersion", request.get("desiredAPIVersion"));
                ((ObjectNode) object).put("seen", request.path("desiredAPIVersion").asText());
                converted.add(object);
              }
              return answer;
            })) {
      ObjectNode punts =
          json(
              """
              {'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',
               'metadata':{'name':'punts.sea.example.com'},'spec':{'group':'sea.example.com',
                'scope':'Cluster','names':{'plural':'punts','kind':'Punt'},
                'versions':[
                {'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':
                 {'type':'object','x-kubernetes-preserve-unknown-fields':true}}},
                {'name':'v2','served':true,'storage':false,'schema':{'openAPIV3Schema':
                 {'type':'object','x-kubernetes-preserve-unknown-fields':true}}}]}}
              """);
      ObjectNode conversion =
          ((ObjectNode) punts.path("spec")).putObject("conversion").put("strategy", "Webhook");
      ObjectNode config = conversion.putObject("webhook");
      config.putArray("conversionReviewVersions").add("v1");
      config.set("clientConfig", webhook.clientConfig("/convert"));
      cluster.client().create(DEFINITIONS, "", punts);
      assertThat(
              kubectlOn(
                  "{'apiVersion':'sea.example.com/v2','kind':'Punt','metadata':{'name':'p'}}",
                  "create",
                  "-f",
                  "-"))
          .contains("created");
      assertThat(kubectl("get", "punts.v2.sea.example.com", "p", "-o", "jsonpath={.seen}"))
          .isEqualTo("sea.example.com/v2");
      assertThat(kubectl("get", "punts.v1.sea.example.com", "p", "-o", "jsonpath={.seen}"))
          .isEqualTo("sea.example.com/v1");
      webhook.status(500);
      assertThat(kubectl("get", "punts.v2.sea.example.com"))
          .contains("conversion webhook for sea.example.com/v1, Kind=Punt failed: an error on the");
      webhook.status(200);
      assertThat(kubectl("delete", "crd", "punts.sea.example.com")).contains("deleted");
      await().until(() -> cluster.client().find(DEFINITIONS, "", "punts.sea.example.com") == null);
    }
  }
}
