package dev.coracle.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PodActionsTest {

  private RestartPolicy policy = new RestartPolicy("Always");
  private PodContainers containers;

  private void pod(String spec) {
    JsonNode pod = Yaml.read(("spec:\n" + spec.indent(2)).getBytes(StandardCharsets.UTF_8));
    policy = RestartPolicy.of(pod);
    containers = new PodContainers(pod, Instant.EPOCH);
  }

  private ContainerRecord of(String name) {
    ContainerRecord record = containers.named(name);
    assertThat(record).isNotNull();
    return record;
  }

  private void runs(String name) {
    of(name).state = ContainerRecord.State.RUNNING;
    of(name).started = true;
  }

  private void ended(String name, int code) {
    of(name).state = ContainerRecord.State.TERMINATED;
    of(name).started = false;
    of(name).terminated = Json.object().put("exitCode", code);
  }

  private PodActions actions() {
    return PodActions.compute(policy, containers);
  }

  private String phase() {
    return PodActions.phase(policy, containers, actions().initFailed(), false, false);
  }

  @Test
  void compute_initContainers_oneAfterTheOther() {
    pod("initContainers: [{name: a}, {name: b}]\ncontainers: [{name: c}, {name: d}]");
    assertThat(actions().toStart()).containsExactly(of("a"));
    runs("a");
    assertThat(actions().toStart()).isEmpty();
    ended("a", 1);
    assertThat(actions().toStart()).containsExactly(of("a"));
    ended("a", 0);
    assertThat(actions().toStart()).containsExactly(of("b"));
    ended("b", 0);
    assertThat(phase()).isEqualTo("Pending");
    assertThat(actions().toStart()).containsExactly(of("c"), of("d"));
  }

  @Test
  void compute_initContainerFailsAndNeverRestarts_podFails() {
    pod("restartPolicy: Never\ninitContainers: [{name: a}]\ncontainers: [{name: c}]");
    ended("a", 1);
    assertThat(actions().initFailed()).isTrue();
    assertThat(phase()).isEqualTo("Failed");
  }

  @Test
  void compute_sidecar_letsOthersPassOnceStartedAndIsRestarted() {
    pod(
        "restartPolicy: Never\ninitContainers: [{name: s, restartPolicy: Always}]\n"
            + "containers: [{name: c}]");
    assertThat(actions().toStart()).containsExactly(of("s"));
    runs("s");
    assertThat(actions().toStart()).containsExactly(of("c"));
    runs("c");
    ended("s", 1);
    assertThat(actions().toStart()).containsExactly(of("s"));
    ended("c", 0);
    assertThat(PodActions.isFinished(policy, containers, false)).isTrue();
  }

  @Test
  void compute_ephemeralContainer_runsOnceAndAtAnyTime() {
    pod("containers: [{name: c}]\nephemeralContainers: [{name: e}]\ninitContainers: [{name: i}]");
    assertThat(actions().toStart()).containsExactly(of("e"), of("i"));
    ended("e", 1);
    assertThat(actions().toStart()).containsExactly(of("i"));
  }

  @Test
  void restarts_followsPolicyRulesAndExitCode() {
    pod(
        """
        restartPolicy: OnFailure
        containers:
        - {name: c}
        - {name: own, restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]}
        """);
    ended("c", 1);
    assertThat(policy.restarts(of("c"))).isTrue();
    ended("c", 0);
    assertThat(policy.restarts(of("c"))).isFalse();
    ended("own", 42);
    assertThat(policy.restarts(of("own"))).isTrue();
    ended("own", 1);
    assertThat(policy.restarts(of("own"))).isFalse();
    assertThat(phase()).isEqualTo("Failed");
  }
}
