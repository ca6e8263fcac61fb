package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.webhook.WebhookServer;
import dev.coracle.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A real control plane, and a real HTTPS server for the admission webhooks it is told to ask. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WebhookFixture {

  static final String GROUP = "admissionregistration.k8s.io";
  static final GroupVersionResource VALIDATING =
      GroupVersionResource.of(GROUP, "v1", "validatingwebhookconfigurations");
  static final GroupVersionResource MUTATING =
      GroupVersionResource.of(GROUP, "v1", "mutatingwebhookconfigurations");
  static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");
  static final GroupVersionResource CRDS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  static final WriteOptions DRY_RUN = new WriteOptions(true, "", "", false);

  TestCluster cluster;
  Client client;
  WebhookServer server;

  /** By the path of the call: what the webhook answers in {@code response}. */
  final Map<String, WebhookServer.Handler> answers = new ConcurrentHashMap<>();

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
    server =
        new WebhookServer(
            review -> {
              ObjectNode request = (ObjectNode) review.path("request");
              WebhookServer.Handler handler =
                  answers.get(
                      request
                          .path("object")
                          .path("metadata")
                          .path("labels")
                          .path("hook")
                          .asText(request.path("namespace").asText("")));
              ObjectNode answer = Json.object();
              answer.put("kind", "AdmissionReview");
              answer.set("apiVersion", review.path("apiVersion"));
              ObjectNode response =
                  handler == null
                      ? Json.object().put("allowed", true)
                      : (ObjectNode) handler.answer(review);
              if (!response.has("uid")) {
                response.set("uid", request.path("uid"));
              }
              if (!response.path("absent").asBoolean()) {
                answer.set("response", response);
              }
              return answer;
            });
  }

  @AfterAll
  void stop() {
    server.close();
    cluster.close();
  }

  static ObjectNode json(String text) {
    return (ObjectNode) Json.read(text.replace('\'', '"'));
  }

  void namespace(String name) {
    client.create(NAMESPACES, "", json("{'metadata': {'name': '%s'}}".formatted(name)));
  }

  static ObjectNode configMap(String name) {
    return json("{'metadata': {'name': '%s'}, 'data': {'a': '1'}}".formatted(name));
  }

  static ArrayNode rules(String operation, String group, String version, String resource) {
    return (ArrayNode)
        json("{'r': [{'operations': ['%s'], 'apiGroups': ['%s'], 'apiVersions': ['%s'],"
                    .formatted(operation, group, version)
                + " 'resources': ['%s']}]}".formatted(resource))
            .path("r");
  }

  /** A webhook for config maps of one namespace, on a server of this test. */
  ObjectNode hook(String name, String namespace) {
    ObjectNode hook =
        json(
            ("{'name': '%s', 'sideEffects': 'None', 'admissionReviewVersions': ['v1'],"
                    + " 'namespaceSelector': {'matchLabels': {'kubernetes.io/metadata.name':"
                    + " '%s'}}}")
                .formatted(name, namespace));
    hook.set("rules", rules("*", "", "v1", "configmaps"));
    hook.set("clientConfig", server.clientConfig("/" + name));
    return hook;
  }

  void configure(GroupVersionResource kind, String name, ObjectNode... hooks) {
    ObjectNode configuration = json("{'metadata': {'name': '%s'}}".formatted(name));
    ArrayNode array = configuration.putArray("webhooks");
    for (ObjectNode hook : hooks) {
      array.add(hook);
    }
    client.create(kind, "", configuration);
  }

  static ObjectNode allowed(String patch) {
    ObjectNode response = Json.object().put("allowed", true).put("patchType", "JSONPatch");
    response.put(
        "patch", patch.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return response;
  }

  List<JsonNode> asked(String path) {
    List<JsonNode> requests = new ArrayList<>();
    for (WebhookServer.Asked asked : server.asked()) {
      if (asked.target().startsWith("/" + path + "?")) {
        requests.add(asked.review().path("request"));
      }
    }
    return requests;
  }

  StatusException refusal(String namespace, ObjectNode object) {
    return catchThrowableOfType(
        StatusException.class, () -> client.create(CONFIG_MAPS, namespace, object));
  }
}
