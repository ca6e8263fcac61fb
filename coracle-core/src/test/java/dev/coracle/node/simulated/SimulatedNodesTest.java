package dev.coracle.node.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.cluster.TestCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Simulated nodes beside a real API server. */
class SimulatedNodesTest {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource EVENTS = GroupVersionResource.core("events");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");

  private static TestCluster cluster;
  private static Client client;
  private static SystemClock clock;
  private static InformerFactory informers;
  private static SimulatedNodes nodes;

  @BeforeAll
  static void start(@TempDir Path directory) {
    cluster = TestCluster.controlPlane(directory);
    client = cluster.client();
    await()
        .ignoreExceptions()
        .untilAsserted(
            () -> client.get(GroupVersionResource.core("serviceaccounts"), "default", "default"));
    clock = new SystemClock();
    informers = new InformerFactory(client, clock);
    nodes =
        SimulatedNodes.start(
            client,
            informers,
            clock,
            List.of("here"),
            new SimulatedNodes.Registration(false, true));
  }

  @AfterAll
  static void stop() {
    nodes.close();
    informers.close();
    clock.close();
    cluster.close();
  }

  private static ObjectNode object(String yaml) {
    return (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
  }

  private static void createPod(String name, String node) {
    String yaml =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec: {nodeName: %s, containers: [{name: main, image: v1}]}
        """
            .formatted(name, node);
    KubeObject unused = client.create(PODS, "default", object(yaml));
  }

  private static void awaitRunning(String name) {
    await()
        .untilAsserted(
            () ->
                assertThat(client.get(PODS, "default", name).text("status", "phase"))
                    .isEqualTo("Running"));
  }

  @Test
  void pod_seenBeforeItsNode_runsOnceTheNodeIsThere() {
    createPod("early", "later");
    createPod("marker", "here");
    awaitRunning("marker");

    String yaml =
        """
        apiVersion: v1
        kind: Node
        metadata: {name: later, labels: {coracle.dev/simulated: "true"}}
        """;
    KubeObject unused = client.create(NODES, "", object(yaml));

    awaitRunning("early");
  }

  /** Bound by hand, so that no scheduler looked. */
  private static void createBound(String name, String container) {
    String yaml =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec: {nodeName: here, containers: [{name: main, image: v1, %s}]}
        """
            .formatted(name, container);
    KubeObject unused = client.create(PODS, "default", object(yaml));
  }

  private static void awaitRefused(String name, String reason, String message) {
    await()
        .untilAsserted(
            () -> {
              KubeObject pod = client.get(PODS, "default", name);
              assertThat(pod.text("status", "phase")).isEqualTo("Failed");
              assertThat(pod.text("status", "reason")).isEqualTo(reason);
              assertThat(pod.text("status", "message")).isEqualTo("Pod was rejected: " + message);
              assertThat(client.list(EVENTS, "default", ListOptions.ALL).items())
                  .filteredOn(event -> event.text("involvedObject", "name").equals(name))
                  .singleElement()
                  .satisfies(event -> assertThat(event.text("message")).isEqualTo(message));
            });
  }

  @Test
  void hostPort_ofAnotherPod_isRefusedUntilThatOneIsGone() {
    String port = "ports: [{containerPort: 80, hostPort: 8080}]";
    createBound("first", port);
    awaitRunning("first");
    createBound("second", port);
    awaitRefused(
        "second",
        "NodePorts",
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
    client.delete(PODS, "default", "first", DeleteOptions.DEFAULT);
    await().until(() -> client.find(PODS, "default", "first") == null);
    await()
        .until(
            () -> {
              String next = "third-" + System.nanoTime();
              createBound(next, port);
              await().until(() -> !phase(next).equals("Pending"));
              return phase(next).equals("Running");
            });
  }

  private static String phase(String pod) {
    return client.get(PODS, "default", pod).text("status", "phase");
  }

  @Test
  void pod_largerThanItsNode_isRefused() {
    createBound("large", "resources: {requests: {cpu: \"33\"}}");
    awaitRefused(
        "large",
        "OutOfcpu",
        "Node didn't have enough resource: cpu, requested: 33000, used: 0, capacity: 32000");
  }

  @Test
  void extendedResource_inTheCapacity_becomesAllocatableAndGoesWithIt() {
    advertise("3");
    await()
        .untilAsserted(
            () -> {
              JsonNode allocatable = client.get(NODES, "", "here").at("status", "allocatable");
              assertThat(allocatable.path("scheduling.k8s.io/foo").asText()).isEqualTo("3");
              assertThat(allocatable.has("cpu")).isTrue();
            });
    advertise("null");
    await()
        .untilAsserted(
            () ->
                assertThat(
                        client
                            .get(NODES, "", "here")
                            .at("status", "allocatable")
                            .has("scheduling.k8s.io/foo"))
                    .isFalse());
  }

  private static void advertise(String count) {
    KubeObject unused =
        client.patch(
            NODES,
            "",
            "here",
            "status",
            PatchType.MERGE,
            object("status: {capacity: {scheduling.k8s.io/foo: " + quoted(count) + "}}"),
            WriteOptions.NONE);
  }

  private static String quoted(String value) {
    return value.equals("null") ? value : "\"" + value + "\"";
  }
}
