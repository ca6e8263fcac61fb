package dev.coracle.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
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
import dev.coracle.node.runtime.simulated.SimulatedRuntime;
import dev.coracle.registry.RegistryConfig;
import dev.coracle.registry.local.Registries;
import dev.coracle.registry.local.SchemaAdapter;
import dev.coracle.store.MemoryStore;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NodeTest {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");

  @TempDir private Path directory;
  private final SystemClock clock = new SystemClock();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Client client;
  private ContainerRuntime runtime;
  private Node node;

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

  private void startNode(ContainerRuntime with) throws Exception {
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

  private void startProcessNode() throws Exception {
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

  private KubeObject create(String resource, String namespace, ObjectNode body) {
    return client.create(GroupVersionResource.core(resource), namespace, body);
  }

  private KubeObject pod(String name, String spec) {
    String yaml =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: "
            + name
            + ", namespace: default, labels: {foo: bar}}\nspec:\n  nodeName: one\n"
            + "  terminationGracePeriodSeconds: 1\n"
            + spec.indent(2);
    return create("pods", "default", (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  private JsonNode status(String name) {
    return client.get(PODS, "default", name).at("status");
  }

  private JsonNode container(String name) {
    return status(name).path("containerStatuses").path(0);
  }

  private void awaitPhase(String name, String phase) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(status(name).path("phase").asText()).isEqualTo(phase));
  }

  private static String condition(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

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
  void pod_thatSleeps_runsIsReadyAndEnds() throws Exception {
    startProcessNode();
    pod("web", "containers: [{name: main, image: busybox, command: [sleep, '1000']}]");
    awaitPhase("web", "Running");
    JsonNode status = status("web");
    assertThat(condition(status, "Ready")).isEqualTo("True");
    assertThat(status.path("podIP").asText()).isNotEmpty();
    assertThat(status.path("qosClass").asText()).isEqualTo("BestEffort");
    client.delete(PODS, "default", "web", DeleteOptions.DEFAULT);
    await().atMost(Duration.ofSeconds(10)).until(() -> client.find(PODS, "default", "web") == null);
    assertThat(runtime.sandboxes()).isEmpty();
  }

  @Test
  void pod_thatEnds_succeedsOrFails() throws Exception {
    startProcessNode();
    pod(
        "good",
        """
        restartPolicy: Never
        initContainers: [{name: first, image: x, command: [sh, -c, 'echo hello > /work/file'], volumeMounts: [{name: w, mountPath: /work}]}]
        containers: [{name: main, image: x, command: [sh, -c, 'cp /work/file /dev/termination-log'], volumeMounts: [{name: w, mountPath: /work}]}]
        volumes: [{name: w, emptyDir: {medium: Memory}}]
        """);
    pod(
        "bad",
        "restartPolicy: Never\ncontainers: [{name: main, image: x, command: [sh, -c, 'exit 3']}]");
    pod(
        "badinit",
        """
        restartPolicy: Never
        initContainers: [{name: first, image: x, command: ['false']}]
        containers: [{name: main, image: x, command: [sleep, '100']}]
        """);
    awaitPhase("bad", "Failed");
    assertThat(container("bad").at("/state/terminated/exitCode").asInt()).isEqualTo(3);
    awaitPhase("badinit", "Failed");
    awaitPhase("good", "Succeeded");
    assertThat(container("good").at("/state/terminated/message").asText()).isEqualTo("hello\n");
    assertThat(container("good").at("/state/terminated/reason").asText()).isEqualTo("Completed");
  }

  @Test
  void pod_thatCrashes_backsOff() throws Exception {
    startProcessNode();
    pod("crash", "containers: [{name: main, image: x, command: [sh, -c, 'exit 1']}]");
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(container("crash").at("/state/waiting/reason").asText())
                    .isEqualTo("CrashLoopBackOff"));
    assertThat(container("crash").path("restartCount").asInt()).isEqualTo(1);
    assertThat(container("crash").at("/state/waiting/message").asText())
        .startsWith("back-off 10s restarting failed container=main pod=crash_default(");
    assertThat(container("crash").at("/user/linux/uid").asText()).isEqualTo("0");
    assertThat(container("crash").at("/lastState/terminated/exitCode").asInt()).isEqualTo(1);
    assertThat(status("crash").path("phase").asText()).isEqualTo("Running");
  }

  @Test
  void pod_downwardVolume_followsALabel() throws Exception {
    startProcessNode();
    pod(
        "known",
        """
        containers:
        - name: main
          image: x
          command: [sh, -c, 'while [ "$(cat /etc/pod/labels)" = ''foo="bar"'' ]; do sleep 0.01; done; cat /etc/pod/labels > /dev/termination-log; env | sort >> /dev/termination-log']
          env:
          - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
          - {name: TWICE, value: $(NAME)-$(NAME)}
          volumeMounts: [{name: info, mountPath: /etc/pod}]
        restartPolicy: Never
        volumes:
        - {name: info, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
        """);
    awaitPhase("known", "Running");
    client.patch(
        PODS,
        "default",
        "known",
        "",
        PatchType.MERGE,
        Json.read("{\"metadata\":{\"labels\":{\"foo\":\"baz\"}}}"),
        WriteOptions.NONE);
    awaitPhase("known", "Succeeded");
    assertThat(container("known").at("/state/terminated/message").asText())
        .startsWith("foo=\"baz\"")
        .contains("NAME=known\n", "TWICE=known-known\n", "HOSTNAME=known\n");
  }

  @Test
  void pod_ofARuntimeClass_runsIfTheRuntimeHasItsHandler() throws Exception {
    startProcessNode();
    for (String handler : List.of("runc", "kata")) {
      ObjectNode runtimeClass =
          Json.object().put("apiVersion", "node.k8s.io/v1").put("kind", "RuntimeClass");
      runtimeClass.put("handler", handler).putObject("metadata").put("name", handler);
      client.create(
          GroupVersionResource.of("node.k8s.io", "v1", "runtimeclasses"), "", runtimeClass);
      pod(
          handler,
          "runtimeClassName: %s\nrestartPolicy: Never\ncontainers: [{name: main, image: x, command: [\"true\"]}]"
              .formatted(handler));
    }
    awaitPhase("runc", "Succeeded");
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(
                        client
                            .list(GroupVersionResource.core("events"), "default", ListOptions.ALL)
                            .items()
                            .stream()
                            .map(event -> event.text("reason") + ": " + event.text("message")))
                    .contains(
                        "FailedCreatePodSandBox: Failed to create pod sandbox: failed to get"
                            + " sandbox runtime: no runtime for \"kata\" is configured"));
    assertThat(status("kata").path("phase").asText()).isEqualTo("Pending");
  }

  @Test
  void pod_missingConfigMap_waitsAndThenRuns() throws Exception {
    startProcessNode();
    pod(
        "late",
        """
        restartPolicy: Never
        containers: [{name: main, image: x, command: [cat, /etc/c/key], envFrom: [{configMapRef: {name: env}}], volumeMounts: [{name: c, mountPath: /etc/c}]}]
        volumes: [{name: c, configMap: {name: late}}]
        """);
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(status("late").has("startTime")).isTrue());
    for (String name : List.of("late", "env")) {
      ObjectNode map = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
      map.putObject("metadata").put("name", name);
      map.putObject("data").put("key", "value");
      client.create(CONFIG_MAPS, "default", map);
    }
    awaitPhase("late", "Succeeded");
  }

  @Test
  void pod_probes_decideReadinessAndRestart() throws Exception {
    startProcessNode();
    pod(
        "probed",
        """
        containers:
        - name: main
          image: x
          command: [sh, -c, 'touch /tmp/alive; sleep 1000']
          startupProbe: {exec: {command: [cat, /tmp/alive]}, periodSeconds: 1}
          readinessProbe: {exec: {command: [cat, /tmp/ready]}, periodSeconds: 1}
          livenessProbe: {exec: {command: [sh, -c, '! test -e /tmp/dead']}, periodSeconds: 1, failureThreshold: 1}
        """);
    awaitPhase("probed", "Running");
    await().until(() -> container("probed").path("started").asBoolean());
    assertThat(container("probed").path("ready").asBoolean()).isFalse();
    exec("touch", "/tmp/ready");
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> container("probed").path("ready").asBoolean());
    exec("touch", "/tmp/dead");
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> container("probed").path("restartCount").asInt() == 1);
  }

  private void exec(String... command) throws Exception {
    String id = container("probed").path("containerID").asText().replace("process://", "");
    try (var stream =
        runtime.exec(
            id, new dev.coracle.node.runtime.ExecRequest(List.of(command), false, false))) {
      assertThat(stream.await()).isZero();
    }
  }

  @Test
  void pod_withoutCommand_saysWhatToDo() throws Exception {
    startProcessNode();
    pod("empty", "containers: [{name: main, image: nginx}]");
    await()
        .untilAsserted(
            () ->
                assertThat(container("empty").at("/state/waiting/reason").asText())
                    .isEqualTo("CreateContainerError"));
    assertThat(container("empty").at("/state/waiting/message").asText())
        .contains("set the container's command");
  }

  @Test
  void pod_sidecar_isStoppedWhenMainEnds() throws Exception {
    startProcessNode();
    pod(
        "side",
        """
        restartPolicy: Never
        initContainers: [{name: helper, image: x, restartPolicy: Always, command: [sh, -c, 'trap "exit 0" TERM; sleep 1000 & wait']}]
        containers: [{name: main, image: x, command: ['true']}]
        """);
    awaitPhase("side", "Succeeded");
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
        next = String.valueOf(received.poll(10, TimeUnit.SECONDS));
        assertThat(next).startsWith("\u0001");
      }
      socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) 255, 0}), true).join();
      assertThat(received.poll(10, TimeUnit.SECONDS)).contains("ExitCode", "\"7\"");
      socket.abort();
    }
  }

  @Test
  void pod_ephemeralContainer_runsBesideItsTarget() throws Exception {
    startProcessNode();
    pod("web", "containers: [{name: main, image: x, command: [sleep, '1234567']}]");
    awaitPhase("web", "Running");
    client.patch(
        PODS,
        "default",
        "web",
        "ephemeralcontainers",
        PatchType.STRATEGIC,
        Json.read(
            """
            {"spec":{"ephemeralContainers":[{"name":"debug","image":"x","targetContainerName":"main",
              "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
              "command":["sh","-c","cat /proc/1/cmdline > /dev/termination-log; exit 4"]}]}}"""),
        WriteOptions.NONE);
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              JsonNode ended = status("web").at("/ephemeralContainerStatuses/0/state/terminated");
              assertThat(ended.path("exitCode").asInt()).isEqualTo(4);
              assertThat(ended.path("message").asText()).startsWith("sleep").contains("1234567");
            });
    assertThat(status("web").path("phase").asText()).isEqualTo("Running");
    assertThat(condition(status("web"), "Ready")).isEqualTo("True");
    // Such a patch puts the new one before the first.
    client.patch(
        PODS,
        "default",
        "web",
        "ephemeralcontainers",
        PatchType.STRATEGIC,
        Json.read(
            """
            {"spec":{"ephemeralContainers":[{"name":"second","image":"x","command":["sh","-c","exit 7"]}]}}"""),
        WriteOptions.NONE);
    await()
        .untilAsserted(
            () ->
                assertThat(status("web").path("ephemeralContainerStatuses"))
                    .extracting(
                        s -> s.path("name").asText() + s.at("/state/terminated/exitCode").asText())
                    .containsExactlyInAnyOrder("debug4", "second7"));
  }

  @Test
  void pod_imageChange_restartsThatContainer() throws Exception {
    startProcessNode();
    pod(
        "web",
        "containers: [{name: main, image: x, command: [sleep, '1000']}, {name: other, image: x,"
            + " command: [sleep, '1000']}]");
    awaitPhase("web", "Running");
    client.patch(
        PODS,
        "default",
        "web",
        "",
        PatchType.STRATEGIC,
        Json.read("{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"y\"}]}}"),
        WriteOptions.NONE);
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(container("web").path("restartCount").asInt()).isEqualTo(1);
              assertThat(container("web").path("image").asText()).isEqualTo("y");
              assertThat(container("web").at("/state").has("running")).isTrue();
            });
    assertThat(status("web").at("/containerStatuses/1/restartCount").asInt()).isZero();
  }

  @Test
  void close_podThatNeverRestarts_getsItsFinalStatus() throws Exception {
    startProcessNode();
    String trap = "trap 'exit 5' TERM; touch /tmp/set; sleep 1000 & wait";
    pod(
        "once",
        "restartPolicy: Never\ncontainers: [{name: main, image: x, command: [sh, -c, \""
            + trap
            + "\"], readinessProbe: {exec: {command: [cat, /tmp/set]}, periodSeconds: 1}}]");
    await().until(() -> container("once").path("ready").asBoolean());
    node.close();
    assertThat(status("once").path("phase").asText()).isEqualTo("Failed");
    assertThat(container("once").at("/state/terminated/exitCode").asInt()).isEqualTo(5);
  }

  @Test
  void pod_usesMoreMemoryThanItsLimit_isOutOfMemoryKilled() throws Exception {
    assumeTrue(
        Files.isWritable(Path.of("/sys/fs/cgroup/memory/cgroup.procs"))
            || Files.isWritable(Path.of("/sys/fs/cgroup/cgroup.subtree_control")),
        "needs the right to make control groups");
    startProcessNode();
    pod(
        "greedy",
        """
        restartPolicy: Never
        containers: [{name: main, image: x, command: [tail, /dev/zero], resources: {limits: {memory: 24Mi}}}]
        """);
    awaitPhase("greedy", "Failed");
    assertThat(container("greedy").at("/state/terminated/reason").asText()).isEqualTo("OOMKilled");
    assertThat(container("greedy").at("/state/terminated/exitCode").asInt()).isEqualTo(137);
  }

  @Test
  void container_seesItsOwnControlGroups_andItsPodsOuterOne() throws Exception {
    boolean unified = Files.isWritable(Path.of("/sys/fs/cgroup/cgroup.subtree_control"));
    assumeTrue(
        unified || Files.isWritable(Path.of("/sys/fs/cgroup/memory/cgroup.procs")),
        "needs the right to make control groups");
    startProcessNode();
    String memory = unified ? "memory.max" : "memory/memory.limit_in_bytes";
    String cpu = unified ? "cpu.max" : "cpu/cpu.cfs_quota_us";
    pod(
        "seen",
        "restartPolicy: Never\nresources: {limits: {memory: 32Mi}}\ncontainers: [{name: main, image:"
            + " x, command: [sh, -c, \"cd /sys/fs/cgroup; (cat "
            + memory
            + "; cut -d' ' -f1 "
            + cpu
            + "; cat /proc/self/oom_score_adj; touch x || echo kept) > /dev/termination-log 2>&1\"],"
            + " resources: {requests: {cpu: 10m, memory: 1Mi}, limits: {memory: 16Mi, cpu: 50m}}}]");
    awaitPhase("seen", "Succeeded");
    assertThat(container("seen").at("/state/terminated/message").asText().lines())
        .startsWith("16777216", "5000", "999")
        .endsWith("kept");
    pod(
        "together",
        """
        restartPolicy: Never
        resources: {limits: {memory: 24Mi}}
        containers: [{name: main, image: x, command: [tail, /dev/zero]}]
        """);
    awaitPhase("together", "Failed");
    assertThat(container("together").at("/state/terminated/exitCode").asInt()).isEqualTo(137);
  }

  @Test
  void pod_resizedBelowWhatItUses_goesOnAsBefore() throws Exception {
    assumeTrue(
        Files.isWritable(Path.of("/sys/fs/cgroup/memory/cgroup.procs"))
            || Files.isWritable(Path.of("/sys/fs/cgroup/cgroup.subtree_control")),
        "needs the right to make control groups");
    startProcessNode();
    pod(
        "tight",
        "containers: [{name: main, image: x, command: [sleep, '1000'], resources: {limits: {memory:"
            + " 64Mi}}}]");
    awaitPhase("tight", "Running");
    resizeMemory("tight", "10Ki");
    await()
        .untilAsserted(
            () -> {
              JsonNode condition = status("tight").path("conditions").path(0);
              assertThat(condition.path("type").asText()).isEqualTo("PodResizeInProgress");
              assertThat(condition.path("reason").asText()).isEqualTo("Error");
              assertThat(condition.path("message").asText())
                  .startsWith(
                      "cannot decrease memory limits: attempting to set container \"main\" memory"
                          + " limit (10240) below current usage (");
            });
    assertThat(container("tight").at("/resources/limits/memory").asText()).isEqualTo("64Mi");
    assertThat(container("tight").path("restartCount").asInt()).isZero();
    resizeMemory("tight", "64Mi");
    await()
        .untilAsserted(
            () -> assertThat(condition(status("tight"), "PodResizeInProgress")).isEmpty());
  }

  private void resizeMemory(String name, String limit) {
    client.patch(
        PODS,
        "default",
        name,
        "resize",
        PatchType.STRATEGIC,
        Json.read(
            "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"limits\":{\"memory\":\"%s\"},\"requests\":{\"memory\":\"%s\"}}}]}}"
                .formatted(limit, limit)),
        WriteOptions.NONE);
  }

  @Test
  void pod_resized_usesOtherResourcesWithoutRestart() throws Exception {
    startProcessNode();
    pod(
        "web",
        "containers: [{name: main, image: x, command: [sleep, '1000'], resources: {limits: {memory:"
            + " 64Mi}, requests: {cpu: 100m, memory: 64Mi}}}]");
    awaitPhase("web", "Running");
    String id = container("web").path("containerID").asText();
    client.patch(
        PODS,
        "default",
        "web",
        "resize",
        PatchType.STRATEGIC,
        Json.read(
            "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":"
                + "{\"limits\":{\"memory\":\"32Mi\"},\"requests\":{\"memory\":\"32Mi\"}}}]}}"),
        WriteOptions.NONE);
    await()
        .untilAsserted(
            () ->
                assertThat(container("web").at("/resources/limits/memory").asText())
                    .isEqualTo("32Mi"));
    assertThat(container("web").at("/allocatedResources/memory").asText()).isEqualTo("32Mi");
    assertThat(container("web").path("containerID").asText()).isEqualTo(id);
    assertThat(container("web").path("restartCount").asInt()).isZero();
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
