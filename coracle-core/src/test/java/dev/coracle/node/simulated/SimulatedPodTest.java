package dev.coracle.node.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import dev.coracle.node.simulated.SimulatedPod.Step;
import org.junit.jupiter.api.Test;

class SimulatedPodTest {

  private static final String NOW = "2026-01-01T00:00:00Z";
  private static final String JOB =
      "ownerReferences: [{apiVersion: batch/v1, kind: Job, name: j, uid: u, controller: true}]";

  private static KubeObject pod(String metadata, String spec, String status) {
    return Make.object(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: a, namespace: ns, uid: a, %s}
        spec: {nodeName: n, %s}
        status: {%s}
        """
            .formatted(metadata, spec, status));
  }

  private static final String ALWAYS = "restartPolicy: Always, containers: [{name: c, image: i}]";
  private static final String NEVER = "restartPolicy: Never, containers: [{name: c, image: i}]";
  private static final String RUNNING =
      "phase: Running, conditions: [{type: Ready, status: 'True'}]";

  @Test
  void next_newPod_runsAndStaysSo() {
    KubeObject pod = pod("", ALWAYS, "phase: Pending");
    assertThat(SimulatedPod.next(pod)).isEqualTo(Step.RUN);
    JsonNode status =
        SimulatedPod.status(pod, Step.RUN, NOW, "10.0.0.1", "10.1.0.1").path("status");
    assertThat(status.path("phase").asText()).isEqualTo("Running");
    assertThat(status.path("podIP").asText()).isEqualTo("10.1.0.1");
    assertThat(status.at("/containerStatuses/0/ready").asBoolean()).isTrue();
    assertThat(SimulatedPod.next(pod("", ALWAYS, RUNNING))).isEqualTo(Step.NOTHING);
  }

  @Test
  void next_podOfJob_succeeds() {
    KubeObject pod = pod(JOB, NEVER, RUNNING);
    assertThat(SimulatedPod.next(pod)).isEqualTo(Step.END);
    JsonNode status = SimulatedPod.status(pod, Step.END, NOW, "", "").path("status");
    assertThat(status.path("phase").asText()).isEqualTo("Succeeded");
    assertThat(status.at("/containerStatuses/0/state/terminated/exitCode").asInt()).isZero();
    assertThat(status.at("/containerStatuses/0/state/terminated/reason").asText())
        .isEqualTo("Completed");
  }

  @Test
  void next_podThatShallFail_failsWithItsCode() {
    KubeObject pod =
        pod(JOB + ", annotations: {simulated.coracle.dev/exit-code: '42'}", NEVER, RUNNING);
    JsonNode status = SimulatedPod.status(pod, Step.END, NOW, "", "").path("status");
    assertThat(status.path("phase").asText()).isEqualTo("Failed");
    assertThat(status.at("/containerStatuses/0/state/terminated/exitCode").asInt()).isEqualTo(42);
  }

  @Test
  void next_podOfJobThatShallRunOn_staysRunning() {
    assertThat(
            SimulatedPod.next(
                pod(
                    JOB + ", annotations: {simulated.coracle.dev/exit-code: none}",
                    NEVER,
                    RUNNING)))
        .isEqualTo(Step.NOTHING);
  }

  @Test
  void next_readinessTakenAway_isToldOnce() {
    String unready = "annotations: {simulated.coracle.dev/ready: 'false'}";
    assertThat(SimulatedPod.next(pod(unready, ALWAYS, RUNNING))).isEqualTo(Step.SET_READINESS);
    assertThat(SimulatedPod.next(pod(unready, ALWAYS, "phase: Running"))).isEqualTo(Step.NOTHING);
  }

  @Test
  void next_readinessGateOpen_isNotReady() {
    String gate = ALWAYS + ", readinessGates: [{conditionType: x/y}]";
    assertThat(SimulatedPod.next(pod("", gate, "phase: Running"))).isEqualTo(Step.NOTHING);
    assertThat(
            SimulatedPod.next(
                pod("", gate, "phase: Running, conditions: [{type: x/y, status: 'True'}]")))
        .isEqualTo(Step.SET_READINESS);
  }

  @Test
  void next_deletedPod_goesAtOnce_unlessAFinalizerKeepsIt() {
    String deleted = "deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30";
    assertThat(SimulatedPod.next(pod(deleted, ALWAYS, RUNNING))).isEqualTo(Step.REMOVE);
    KubeObject kept = pod(deleted + ", finalizers: [a/b]", ALWAYS, RUNNING);
    assertThat(SimulatedPod.next(kept)).isEqualTo(Step.STOP);
    assertThat(
            SimulatedPod.status(kept, Step.STOP, NOW, "", "").path("status").path("phase").asText())
        .isEqualTo("Failed");
  }

  @Test
  void next_address_isReusedOnlyAfterItsRelease() {
    Addresses addresses = new Addresses();
    String range = Addresses.podRange(300);
    assertThat(range).isEqualTo("10.129.44.0/24");
    assertThat(addresses.next(range)).isEqualTo("10.129.44.1");
    addresses.take("10.129.44.2");
    assertThat(addresses.next(range)).isEqualTo("10.129.44.3");
    for (int i = 4; i <= 254; i++) {
      assertThat(addresses.next(range)).isEqualTo("10.129.44." + i);
    }
    addresses.release("10.129.44.2");
    assertThat(addresses.next(range)).isEqualTo("10.129.44.2");
  }
}
