package dev.coracle.scheduler.framework;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.controller.Make;
import org.junit.jupiter.api.Test;

class PodRequestsTest {

  private static PodInfo pod(String spec, String status) {
    return PodInfo.of(
        Make.object(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ns, uid: u},
             spec: {%s}, status: {%s}}
            """
                .formatted(spec, status)));
  }

  @Test
  void requests_podLevel_goesBeforeContainers() {
    PodInfo pod =
        pod(
            "resources: {requests: {cpu: 3, hugepages-2Mi: 4Mi}}, overhead: {cpu: 100m}, "
                + Scene.asks("cpu: 1, memory: 1Gi"),
            "");
    assertThat(pod.requests().cpu()).isEqualTo(3100);
    assertThat(pod.requests().memory()).isEqualTo(1L << 30);
    assertThat(pod.requests().amount("hugepages-2Mi")).isEqualTo(4L << 20);
    assertThat(pod.scoringRequests().cpu()).isEqualTo(3100);
  }

  @Test
  void scoringRequests_nothingSaid_isAGuess() {
    PodInfo pod = pod("containers: [{name: a}, {name: b}]", "");
    assertThat(pod.requests()).isEqualTo(Resources.NONE);
    assertThat(pod.scoringRequests().cpu()).isEqualTo(200);
    assertThat(pod.scoringRequests().memory()).isEqualTo(400L << 20);
  }

  @Test
  void requests_resizeUnderWay_isTheMostOfBoth() {
    String has =
        "containerStatuses: [{name: main, allocatedResources: {cpu: 2},"
            + " resources: {requests: {cpu: 3}}}]";
    assertThat(pod("nodeName: n, " + Scene.asks("cpu: 1"), has).requests().cpu()).isEqualTo(3000);
    assertThat(pod("nodeName: n, " + Scene.asks("cpu: 9"), has).requests().cpu()).isEqualTo(9000);
    assertThat(pod(Scene.asks("cpu: 1"), has).requests().cpu()).as("no node").isEqualTo(1000);
  }

  @Test
  void requests_resizeInfeasible_isWhatItHas() {
    String has =
        "conditions: [{type: PodResizePending, status: \"True\", reason: Infeasible}],"
            + " containerStatuses: [{name: main, resources: {requests: {cpu: 3}}}]";
    assertThat(pod("nodeName: n, " + Scene.asks("cpu: 9"), has).requests().cpu()).isEqualTo(3000);
  }
}
