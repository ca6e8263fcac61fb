package dev.coracle.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.ApiServerConfig;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.process.HostMounter;
import dev.coracle.node.runtime.process.ProcessRuntime;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.engine.MemoryStore;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node of one test, with an API server in memory, and what its tests ask of both. */
abstract class NodeStory {

  static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");

  @TempDir Path directory;
  final SystemClock clock = new SystemClock();
  final List<AutoCloseable> open = new ArrayList<>();
  Client client;
  ContainerRuntime runtime;
  Node node;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(
        System.getProperty("os.name", "").equals("Linux"), "the process runtime is for Linux");
    ApiServer server =
        ApiServer.start(
            ApiServerConfig.builder(
                    Registries.open(
                        new MemoryStore(), RegistryConfig.of(clock, new SchemaAdapter())))
                .http(HttpServerOptions.loopback(null))
                .build());
    open.add(server);
    client = new Client(server.inMemoryTransport(UserInfo.of("system:node:one", "system:masters")));
    for (String namespace : List.of("default", "kube-node-lease")) {
      ObjectNode body = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
      body.putObject("metadata").put("name", namespace);
      if (client.find(GroupVersionResource.core("namespaces"), "", namespace) == null) {
        create("namespaces", "", body);
      }
    }
  }

  void startNode(ContainerRuntime with) throws Exception {
    runtime = with;
    InformerFactory informers = new InformerFactory(client, clock);
    open.addFirst(informers);
    node =
        Node.start(
            NodeConfig.builder(client, informers, "one", directory.resolve("node"), runtime, clock)
                .mounter(new HostMounter())
                .listen(new InetSocketAddress("127.0.0.1", 0), null)
                .podCidr("10.244.0.0/24")
                .build());
  }

  void startProcessNode() throws Exception {
    startNode(new ProcessRuntime(directory.resolve("run"), null, clock, List.of()));
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
      assertThat(runtime.sandboxes()).isEmpty();
      runtime.close();
    }
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    clock.close();
  }

  KubeObject create(String resource, String namespace, ObjectNode body) {
    return client.create(GroupVersionResource.core(resource), namespace, body);
  }

  KubeObject pod(String name, String spec) {
    String yaml =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: "
            + name
            + ", namespace: default, labels: {foo: bar}}\nspec:\n  nodeName: one\n"
            + "  terminationGracePeriodSeconds: 1\n"
            + spec.indent(2);
    return create("pods", "default", (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  JsonNode status(String name) {
    return client.get(PODS, "default", name).at("status");
  }

  JsonNode container(String name) {
    return status(name).path("containerStatuses").path(0);
  }

  void awaitPhase(String name, String phase) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(status(name).path("phase").asText()).isEqualTo(phase));
  }

  static String condition(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }
}
