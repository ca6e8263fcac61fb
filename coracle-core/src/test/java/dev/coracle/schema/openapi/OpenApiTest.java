package dev.coracle.schema.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.schema.CustomSchemas;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OpenApiTest {

  private static final Set<String> ALL =
      Set.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");
  private static final Set<String> STATUS = Set.of("get", "patch", "update");

  private final List<ApiResource> resources = new ArrayList<>(builtIn());
  private final AtomicLong generation = new AtomicLong();
  private final OpenApi openApi = new OpenApi("v1.36.2", () -> resources, generation::get);

  private static ApiResource.Subresource part(String name, String apiVersion, String kind) {
    return new ApiResource.Subresource(name, GroupVersionKind.of(apiVersion, kind), STATUS);
  }

  static List<ApiResource> builtIn() {
    return List.of(
        new ApiResource(
            "",
            "v1",
            "Pod",
            "pods",
            true,
            ALL,
            List.of(
                part("status", "v1", "Pod"),
                new ApiResource.Subresource(
                    "exec", GroupVersionKind.of("v1", "PodExecOptions"), Set.of("create", "get")),
                new ApiResource.Subresource(
                    "eviction", GroupVersionKind.of("policy/v1", "Eviction"), Set.of("create"))),
            null),
        new ApiResource("", "v1", "Namespace", "namespaces", false, ALL, List.of(), null),
        new ApiResource(
            "apps",
            "v1",
            "Deployment",
            "deployments",
            true,
            ALL,
            List.of(
                part("status", "apps/v1", "Deployment"), part("scale", "autoscaling/v1", "Scale")),
            null),
        new ApiResource(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            false,
            ALL,
            List.of(),
            null));
  }

  private static ApiResource boats() {
    return boats(
        """
        {"description":"A boat.","type":"object","properties":{"spec":{"type":"object",
          "properties":{"size":{"description":"In metres.","type":"integer","default":3,
            "nullable":true}}}}}""");
  }

  private static ApiResource boats(String openApiV3Schema) {
    ObjectNode schema = (ObjectNode) Json.read(openApiV3Schema);
    return new ApiResource(
        "boats.example.com",
        "v1",
        "Boat",
        "boats",
        true,
        ALL,
        List.of(
            new ApiResource.Subresource(
                "status", GroupVersionKind.of("boats.example.com/v1", "Boat"), STATUS)),
        CustomSchemas.of(schema, false));
  }

  private JsonNode v3(String path) {
    OpenApi.Document document = openApi.v3(path);
    assertThat(document).as(path).isNotNull();
    return Json.read(document.json());
  }

  private static void everyReferenceLeadsSomewhere(JsonNode document, JsonNode definitions) {
    Set<String> missing = new HashSet<>();
    int count = 0;
    for (JsonNode reference : document.findValues("$ref")) {
      if (reference.isTextual()) {
        String name = reference.asText().substring(reference.asText().lastIndexOf('/') + 1);
        count++;
        if (!definitions.has(name)) {
          missing.add(name);
        }
      }
    }
    assertThat(count).isGreaterThan(100);
    assertThat(missing).isEmpty();
  }

  @Test
  void v3Index_listsEveryGroupVersionWithItsHash() {
    JsonNode paths = Json.read(openApi.v3Index().json()).get("paths");
    assertThat(paths.properties())
        .extracting(entry -> entry.getKey())
        .containsExactly("api/v1", "apis/apiextensions.k8s.io/v1", "apis/apps/v1");
    assertThat(paths.at("/apis~1apps~1v1/serverRelativeURL").asText())
        .isEqualTo("/openapi/v3/apis/apps/v1?hash=" + openApi.v3Hash("apis/apps/v1"));
  }

  @Test
  void v3_nothingServed_isNull() {
    assertThat(openApi.v3("apis/nope/v1")).isNull();
  }

  @Test
  void v3_pathsAndSchemas_areWhatKubectlExplainWalks() {
    JsonNode document = v3("api/v1");
    everyReferenceLeadsSomewhere(document, document.at("/components/schemas"));
    JsonNode list = document.at("/paths/~1api~1v1~1namespaces~1{namespace}~1pods/get");
    assertThat(list.get("operationId").asText()).isEqualTo("listCoreV1NamespacedPod");
    assertThat(list.get("x-kubernetes-action").asText()).isEqualTo("list");
    assertThat(list.at("/x-kubernetes-group-version-kind/kind").asText()).isEqualTo("Pod");
    assertThat(list.at("/tags/0").asText()).isEqualTo("core_v1");
    JsonNode pod = document.at("/components/schemas/io.k8s.api.core.v1.Pod");
    assertThat(pod.at("/x-kubernetes-group-version-kind/0/kind").asText()).isEqualTo("Pod");
    assertThat(pod.at("/properties/spec/allOf/0/$ref").asText())
        .isEqualTo("#/components/schemas/io.k8s.api.core.v1.PodSpec");
    JsonNode containers =
        document.at("/components/schemas/io.k8s.api.core.v1.PodSpec/properties/containers");
    assertThat(containers.get("description").asText()).contains("List of containers");
    assertThat(containers.get("x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
    assertThat(containers.get("x-kubernetes-list-map-keys").toString()).isEqualTo("[\"name\"]");
    assertThat(
            document
                .at("/components/schemas/io.k8s.api.core.v1.ObjectFieldSelector/properties")
                .properties())
        .extracting(entry -> entry.getKey())
        .containsExactly("apiVersion", "fieldPath");
  }

  @Test
  void v3_patch_offersFieldValidation() {
    JsonNode patch =
        v3("api/v1").at("/paths/~1api~1v1~1namespaces~1{namespace}~1pods~1{name}/patch");
    assertThat(patch.get("parameters").findValuesAsText("name")).contains("fieldValidation");
    assertThat(patch.at("/requestBody/content").has("application/strategic-merge-patch+json"))
        .isTrue();
  }

  @Test
  void v2_hasEverythingInOne() {
    JsonNode document = Json.read(openApi.v2().json());
    assertThat(new String(openApi.v2().json(), 0, 20)).startsWith("{\"swagger\":\"2.0\"");
    everyReferenceLeadsSomewhere(document, document.get("definitions"));
    assertThat(document.toString()).doesNotContain("\"allOf\":[").doesNotContain("\"oneOf\":[");
    assertThat(
            document
                .at("/paths/~1apis~1apps~1v1~1namespaces~1{namespace}~1deployments~1{name}~1scale")
                .at("/get/responses/200/schema/$ref")
                .asText())
        .isEqualTo("#/definitions/io.k8s.api.autoscaling.v1.Scale");
    List<String> ids = document.findValuesAsText("operationId");
    assertThat(ids)
        .doesNotHaveDuplicates()
        .contains(
            "listCoreV1PodForAllNamespaces",
            "readCoreV1NamespacedPod",
            "replaceCoreV1NamespacedPodStatus",
            "deleteCoreV1CollectionNamespacedPod",
            "createCoreV1NamespacedPodEviction",
            "connectCoreV1GetNamespacedPodExec",
            "readApiextensionsV1CustomResourceDefinition");
  }

  @Test
  void customResource_appearsWhenTheGenerationGrows() {
    String before = openApi.v2().etag();
    resources.add(boats());
    assertThat(openApi.v2().etag()).isEqualTo(before);
    generation.incrementAndGet();
    assertThat(openApi.v2().etag()).isNotEqualTo(before);
    JsonNode boat =
        v3("apis/boats.example.com/v1").at("/components/schemas/com.example.boats.v1.Boat");
    assertThat(boat.get("description").asText()).isEqualTo("A boat.");
    assertThat(boat.at("/properties/spec/properties/size/default").asInt()).isEqualTo(3);
    assertThat(boat.at("/properties/metadata/allOf/0/$ref").asText()).endsWith("ObjectMeta");
    assertThat(boat.at("/x-kubernetes-group-version-kind/0/group").asText())
        .isEqualTo("boats.example.com");
    JsonNode old = Json.read(openApi.v2().json()).at("/definitions/com.example.boats.v1.Boat");
    assertThat(old.at("/properties/spec/properties/size").has("nullable")).isFalse();
    assertThat(old.at("/properties/spec/properties/size").has("type")).isFalse();
    assertThat(old.at("/properties/spec/type").asText()).isEqualTo("object");
  }

  private JsonNode definitionOfV2(String schema) {
    resources.add(boats(schema));
    generation.incrementAndGet();
    return Json.read(openApi.v2().json()).at("/definitions/com.example.boats.v1.Boat");
  }

  @Test
  void v2_customResourceThatKeepsUnknownFields_isAnObjectWithoutFields() {
    JsonNode boat =
        definitionOfV2(
            """
            {"description":"A boat.","type":"object","x-kubernetes-preserve-unknown-fields":true,
              "properties":{"spec":{"type":"object"}}}""");
    assertThat(boat.properties())
        .extracting(entry -> entry.getKey())
        .containsExactly("type", "x-kubernetes-group-version-kind");
    assertThat(
            v3("apis/boats.example.com/v1")
                .at("/components/schemas/com.example.boats.v1.Boat/properties/spec/type")
                .asText())
        .isEqualTo("object");
  }

  @Test
  void v2_partsThatKeepUnknownFieldsOrMayBeNull_loseTypeFieldsAndDemand() {
    JsonNode boat =
        definitionOfV2(
            """
            {"type":"object","properties":{"spec":{"type":"object","required":["open","name"],
              "properties":{
                "open":{"type":"object","nullable":true,"properties":{"a":{"type":"string"}}},
                "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
                  "properties":{"a":{"type":"string"}}},
                "list":{"type":"array","x-kubernetes-preserve-unknown-fields":true,
                  "items":{"type":"string"}},
                "name":{"type":"string","anyOf":[{"minLength":1}],"maxLength":9}}}}}""");
    JsonNode spec = boat.at("/properties/spec");
    assertThat(spec.get("required").toString()).isEqualTo("[\"name\"]");
    assertThat(spec.get("properties").toString())
        .isEqualTo(
            "{\"open\":{},\"free\":{\"x-kubernetes-preserve-unknown-fields\":true},"
                + "\"list\":{\"x-kubernetes-preserve-unknown-fields\":true},"
                + "\"name\":{\"type\":\"string\",\"maxLength\":9}}");
  }

  @Test
  void customResource_embeddedObject_hasTheFieldsOfEveryObject() {
    String schema =
        """
        {"type":"object","properties":{"template":{"type":"object",
          "x-kubernetes-embedded-resource":true,"required":["spec"],
          "properties":{"spec":{"type":"object"}}},
          "any":{"type":"object","x-kubernetes-embedded-resource":true,
            "x-kubernetes-preserve-unknown-fields":true}}}""";
    JsonNode old = definitionOfV2(schema);
    JsonNode template = old.at("/properties/template");
    assertThat(template.get("required").toString()).isEqualTo("[\"spec\",\"kind\",\"apiVersion\"]");
    assertThat(template.get("properties").properties())
        .extracting(entry -> entry.getKey())
        .containsExactly("apiVersion", "kind", "metadata", "spec");
    assertThat(old.at("/properties/any").has("properties")).isFalse();
    assertThat(
            v3("apis/boats.example.com/v1")
                .at("/components/schemas/com.example.boats.v1.Boat/properties/any")
                .at("/properties/metadata/allOf/0/$ref")
                .asText())
        .endsWith("ObjectMeta");
  }
}
