package dev.coracle.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.Patience;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.node.runtime.simulated.SimulatedRuntime;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The node itself: how it registers, what it serves, what befalls its Node. */
class NodeTest extends NodeStory {

  @Test
  void start_registersANodeThatIsReady() throws Exception {
    startProcessNode();
    KubeObject registered = client.get(NODES, "", "one");
    assertThat(condition(registered.at("status"), "Ready")).isEqualTo("True");
    assertThat(registered.text("status", "capacity", "memory")).endsWith("Ki");
    await()
        .until(
            () ->
                client.find(
                        GroupVersionResource.of("coordination.k8s.io", "v1", "leases"),
                        "kube-node-lease",
                        "one")
                    != null);
  }

  @Test
  void server_execOverWebSocket_passesStdinAndExitCode() throws Exception {
    startProcessNode();
    pod("web", "containers: [{name: main, image: x, command: [sleep, '1000']}]");
    awaitPhase("web", "Running");
    LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
    try (HttpClient http = HttpClient.newHttpClient()) {
      WebSocket socket =
          http.newWebSocketBuilder()
              .subprotocols("v5.channel.k8s.io")
              .buildAsync(
                  URI.create(
                      "ws://127.0.0.1:"
                          + node.port()
                          + "/exec/default/web/main?command=sh&command=-c&command=cat%3Bexit%207"
                          + "&stdin=true&stdout=true&stderr=true"),
                  new WebSocket.Listener() {
                    @Override
                    public @org.jspecify.annotations.Nullable CompletionStage<?> onBinary(
                        WebSocket from, ByteBuffer data, boolean last) {
                      received.add(StandardCharsets.UTF_8.decode(data).toString());
                      from.request(1);
                      return null;
                    }
                  })
              .join();
      socket.sendBinary(ByteBuffer.wrap(new byte[] {0, 'h', 'i'}), true).join();
      String next = "";
      while (!next.equals("\u0001hi")) {
        next = String.valueOf(received.poll(Patience.SECONDS, TimeUnit.SECONDS));
        assertThat(next).startsWith("\u0001");
      }
      socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) 255, 0}), true).join();
      assertThat(received.poll(Patience.SECONDS, TimeUnit.SECONDS)).contains("ExitCode", "\"7\"");
      socket.abort();
    }
  }

  @Test
  void simulated_podsTurnReady() throws Exception {
    startNode(new SimulatedRuntime(clock, 1));
    for (int i = 0; i < 100; i++) {
      pod(
          "sim" + i,
          "initContainers: [{name: init, image: x}]\ncontainers: [{name: main, image: x}]");
    }
    for (int i = 0; i < 100; i++) {
      awaitPhase("sim" + i, "Running");
    }
    assertThat(condition(status("sim0"), "Ready")).isEqualTo("True");
  }

  @Test
  void cordoned_andBack_isTold() throws Exception {
    startNode(new SimulatedRuntime(clock, 1));
    for (String state : List.of("NodeReady", "NodeNotSchedulable", "NodeSchedulable")) {
      if (!state.equals("NodeReady")) {
        String cordoned = String.valueOf(state.equals("NodeNotSchedulable"));
        client.patch(
            NODES,
            "",
            "one",
            "",
            PatchType.MERGE,
            Json.read("{\"spec\":{\"unschedulable\":" + cordoned + "}}"),
            WriteOptions.NONE);
      }
      await()
          .until(
              () ->
                  client
                      .list(GroupVersionResource.core("events"), "default", ListOptions.ALL)
                      .items()
                      .stream()
                      .anyMatch(event -> event.text("reason").equals(state)));
    }
  }

  @Test
  void nodeDeleted_registersAgain() throws Exception {
    startNode(new SimulatedRuntime(clock, 1));
    KubeObject first = client.get(NODES, "", "one");
    await()
        .until(
            () -> {
              // watched a second after the start
              KubeObject now = client.find(NODES, "", "one");
              if (now != null && now.uid().equals(first.uid())) {
                client.delete(NODES, "", "one", DeleteOptions.DEFAULT);
              }
              return now != null && !now.uid().equals(first.uid());
            });
  }

  @Test
  void extendedResource_inTheCapacity_becomesAllocatable() throws Exception {
    startProcessNode();
    GroupVersionResource nodes = GroupVersionResource.core("nodes");
    client.patch(
        nodes,
        "",
        "one",
        "status",
        PatchType.MERGE,
        Json.read("{\"status\":{\"capacity\":{\"example.com/dongle\":\"4\"}}}"),
        WriteOptions.NONE);
    await()
        .untilAsserted(
            () ->
                assertThat(
                        client
                            .get(nodes, "", "one")
                            .at("status", "allocatable")
                            .path("example.com/dongle")
                            .asText())
                    .isEqualTo("4"));
  }
}
