package dev.coracle.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods of a node from their first container to their end. */
class PodLifeTest extends NodeStory {

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
    await().until(() -> client.find(PODS, "default", "web") == null);
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
    await().untilAsserted(() -> assertThat(status("late").has("startTime")).isTrue());
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
    await().until(() -> container("probed").path("ready").asBoolean());
    exec("touch", "/tmp/dead");
    await().until(() -> container("probed").path("restartCount").asInt() == 1);
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
}
