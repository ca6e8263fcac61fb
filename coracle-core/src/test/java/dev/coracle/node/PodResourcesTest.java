package dev.coracle.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What Pods may use, and what becomes of those that use more or are resized. */
class PodResourcesTest extends NodeStory {

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
}
