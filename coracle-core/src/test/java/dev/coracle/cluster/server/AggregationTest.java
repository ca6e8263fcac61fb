package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.controller.Conditions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** APIServices: those of the server's own groups, and a real HTTPS extension server behind one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AggregationTest {

  private static final GroupVersionResource API_SERVICES =
      GroupVersionResource.of("apiregistration.k8s.io", "v1", "apiservices");
  private static final GroupVersionResource DEFINITIONS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");

  private TestCluster cluster;
  private Client client;
  private HttpClient http;
  private Path pki;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
    pki = directory.resolve("data/pki");
    Certificate authority = Pem.certificate(Files.readString(pki.resolve("ca.crt")));
    KeyAndCertificate admin =
        new KeyAndCertificate(
            Pem.privateKey(Files.readString(pki.resolve("admin.key"))),
            Pem.certificate(Files.readString(pki.resolve("admin.crt"))));
    http =
        HttpClient.newBuilder()
            .sslContext(ExtensionServer.tls(authority, admin, authority))
            .build();
  }

  @AfterAll
  void stop() {
    http.close();
    cluster.close();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(cluster.server() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String available(KubeObject service) {
    JsonNode condition = Conditions.find(service.at("status", "conditions"), "Available");
    return condition == null
        ? ""
        : condition.path("status").asText() + " " + condition.path("reason").asText();
  }

  private String available(String name) {
    KubeObject service = client.find(API_SERVICES, "", name);
    return service == null ? "" : available(service);
  }

  @Test
  void apiServices_ofOwnGroups_areThereAndAvailable() {
    for (String name : List.of("v1.", "v1.apps", "v2.autoscaling", "v1.batch")) {
      await().until(() -> available(name).equals("True Local"));
    }
    KubeObject core = client.get(API_SERVICES, "", "v1.");
    assertThat(core.at("spec", "groupPriorityMinimum").asInt()).isEqualTo(18_000);
    assertThat(core.at("metadata", "labels", "kube-aggregator.kubernetes.io/automanaged").asText())
        .isEqualTo("onstart");
  }

  @Test
  void customResourceDefinition_created_isInAllDocumentsAtOnceAndGoneAfterwards() throws Exception {
    String before = get("/openapi/v2").headers().firstValue("etag").orElse("");
    client.create(
        DEFINITIONS,
        "",
        ExtensionServer.json(
            """
            {'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',
             'metadata':{'name':'boats.sea.example.com'},
             'spec':{'group':'sea.example.com','scope':'Namespaced',
              'names':{'plural':'boats','singular':'boat','kind':'Boat','shortNames':['bo']},
              'versions':[{'name':'v1','served':true,'storage':true,
               'schema':{'openAPIV3Schema':{'type':'object','properties':{'spec':{'type':'object',
                'properties':{'oars':{'type':'integer','description':'How many oars.'}}}}}}}]}}
            """));
    // at once: there is nothing to wait for
    assertThat(get("/apis/sea.example.com/v1").body()).contains("\"boats\"");
    assertThat(get("/apis").body()).contains("sea.example.com");
    assertThat(
            get(
                    "/apis",
                    "Accept",
                    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                .body())
        .contains("\"boats\"");
    HttpResponse<String> swagger = get("/openapi/v2");
    assertThat(swagger.body())
        .contains("/apis/sea.example.com/v1/namespaces/{namespace}/boats", "How many oars.");
    assertThat(swagger.headers().firstValue("etag").orElse("")).isNotEqualTo(before);
    assertThat(get("/swagger.json").body()).isEqualTo(swagger.body());
    assertThat(get("/openapi/v3").body()).contains("apis/sea.example.com/v1");
    assertThat(get("/openapi/v3/apis/sea.example.com/v1").body()).contains("How many oars.");
    await().until(() -> available("v1.sea.example.com").equals("True Local"));

    client.delete(DEFINITIONS, "", "boats.sea.example.com", DeleteOptions.background());
    await().until(() -> client.find(DEFINITIONS, "", "boats.sea.example.com") == null);
    assertThat(get("/apis/sea.example.com/v1").statusCode()).isEqualTo(404);
    assertThat(get("/openapi/v2").body()).doesNotContain("sea.example.com");
    await().until(() -> client.find(API_SERVICES, "", "v1.sea.example.com") == null);
  }

  @Test
  void apiService_ofExtensionServer_isProxiedWithIdentityAndUnavailableWithoutIt()
      throws Exception {
    Map<String, String> seen = new ConcurrentHashMap<>();
    try (ExtensionServer extension =
        ExtensionServer.start(client, pki, "ext", exchange -> answer(exchange, seen))) {
      extension.register("ext.example.com", "v1");
      proxied(extension, seen);
    }
  }

  private void proxied(ExtensionServer extension, Map<String, String> seen) throws Exception {
    assertThat(get("/apis/ext.example.com/v1/namespaces/default/tides/high?x=1").body())
        .contains("\"kind\":\"Tide\"");
    assertThat(seen)
        .containsEntry("path", "/apis/ext.example.com/v1/namespaces/default/tides/high?x=1")
        .containsEntry("user", "kubernetes-admin")
        .containsEntry("certificate", "CN=front-proxy-client");
    assertThat(seen.get("groups")).contains("system:masters").doesNotContain("forged");
    get("/apis/ext.example.com/v1/tides", "X-Remote-User", "mallory", "X-Remote-Group", "forged");
    assertThat(seen).containsEntry("user", "kubernetes-admin");
    assertThat(seen.get("groups")).doesNotContain("forged");
    assertThat(get("/apis").body()).contains("ext.example.com");
    assertThat(
            get(
                    "/apis",
                    "Accept",
                    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                .body())
        .contains("\"tides\"");
    assertThat(cluster.kubectl("get", "--raw", "/apis/ext.example.com/v1").text())
        .contains("tides");
    KubeObject registration = client.get(API_SERVICES, "", "v1.ext.example.com");
    ObjectNode told = registration.mutableTree();
    told.withArray("/status/conditions").insertObject(0).put("type", "Told").put("status", "True");
    client.updateStatus(API_SERVICES, "", "v1.ext.example.com", told);
    assertThat(
            client
                .list(
                    GroupVersionResource.of("ext.example.com", "v1", "tides"),
                    "default",
                    ListOptions.ALL)
                .items())
        .extracting(KubeObject::name)
        .containsExactly("high");
    assertThat(seen).containsEntry("path", "/apis/ext.example.com/v1/namespaces/default/tides");
    extension.stop();
    client.patch(
        API_SERVICES,
        "",
        "v1.ext.example.com",
        "",
        PatchType.MERGE,
        Json.read("{\"metadata\":{\"labels\":{\"touched\":\"yes\"}}}"),
        WriteOptions.NONE);
    await().until(() -> available("v1.ext.example.com").startsWith("False"));
    assertThat(
            client
                .get(API_SERVICES, "", "v1.ext.example.com")
                .at("status", "conditions")
                .toString())
        .contains("\"Told\"");
    await().until(() -> get("/apis/ext.example.com/v1/tides").statusCode() == 503);
    client.delete(API_SERVICES, "", "v1.ext.example.com", DeleteOptions.background());
    await().until(() -> get("/apis/ext.example.com/v1/tides").statusCode() == 404);
  }

  private static void answer(HttpExchange exchange, Map<String, String> seen) throws IOException {
    if (exchange instanceof com.sun.net.httpserver.HttpsExchange secure) {
      seen.put("certificate", secure.getSSLSession().getPeerPrincipal().getName());
    }
    String path = exchange.getRequestURI().toString();
    String body;
    if (path.equals("/apis/ext.example.com/v1")) {
      body =
          """
          {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"ext.example.com/v1",
           "resources":[{"name":"tides","singularName":"tide","namespaced":true,"kind":"Tide",
            "verbs":["get","list"]}]}
          """;
    } else {
      seen.put("path", path);
      seen.put("user", String.join(",", exchange.getRequestHeaders().get("X-Remote-User")));
      seen.put("groups", String.join(",", exchange.getRequestHeaders().get("X-Remote-Group")));
      body =
          path.endsWith("/tides")
              ? "{\"kind\":\"TideList\",\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"high\"}}]}"
              : "{\"kind\":\"Tide\",\"apiVersion\":\"ext.example.com/v1\"}";
    }
    ExtensionServer.answer(exchange, 200, body);
  }
}
