package dev.coracle.controller.ttl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Make;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class TtlAfterFinishedStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(
              new ControllableClock(new SystemClock(), Instant.parse("2026-01-01T00:00:00Z")))
          .withNode("node-1", "64", 200);

  private final String namespace = cluster.namespace();

  /** A Job that its one Pod completes. */
  private void finishedJob(String more) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: sum, namespace: %s%s}
            spec:
              ttlSecondsAfterFinished: 100
              template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}
            """
                .formatted(namespace, more));
    await()
        .until(
            () ->
                cluster.list(Resources.PODS, namespace).stream()
                    .anyMatch(pod -> pod.text("status", "phase").equals("Running")));
    KubeObject pod = cluster.list(Resources.PODS, namespace).getFirst();
    cluster.setStatus(pod, "Succeeded", false, "");
    unused =
        cluster.awaitObject(
            Resources.JOBS,
            namespace,
            "sum",
            job -> TtlAfterFinishedController.expiry(job) != null);
  }

  @Test
  void finished_timeIsOver_goesWithItsPods() {
    finishedJob("");
    cluster.turn(Duration.ofSeconds(40));
    assertThat(cluster.admin().find(Resources.JOBS, namespace, "sum")).isNotNull();
    cluster.turn(Duration.ofSeconds(60));
    cluster.awaitGone(Resources.JOBS, namespace, "sum");
    assertThat(cluster.list(Resources.PODS, namespace)).isEmpty();
  }

  @Test
  void finished_timeChanged_theNewOneCounts() {
    finishedJob("");
    KubeObject unused =
        cluster.change(Resources.JOBS, namespace, "sum", "{spec: {ttlSecondsAfterFinished: 1000}}");
    cluster.turn(Duration.ofSeconds(940));
    assertThat(cluster.admin().get(Resources.JOBS, namespace, "sum").isDeleting()).isFalse();
    unused =
        cluster.change(Resources.JOBS, namespace, "sum", "{spec: {ttlSecondsAfterFinished: 0}}");
    cluster.awaitGone(Resources.JOBS, namespace, "sum");
  }

  @Test
  void finished_withAFinalizerOfItsOwn_waitsForItsOwner() {
    finishedJob(", finalizers: [example.com/mine]");
    cluster.turn(Duration.ofSeconds(100));
    KubeObject waiting =
        cluster.awaitObject(Resources.JOBS, namespace, "sum", KubeObject::isDeleting);
    assertThat(waiting.finalizers()).contains("example.com/mine");
    KubeObject unused =
        cluster.change(Resources.JOBS, namespace, "sum", "{metadata: {finalizers: []}}");
    cluster.awaitGone(Resources.JOBS, namespace, "sum");
  }

  @Test
  void restart_timeOverMeanwhile_jobGoes() throws Exception {
    finishedJob("");
    cluster.restartControllers(() -> cluster.turn(Duration.ofSeconds(100)));
    cluster.awaitGone(Resources.JOBS, namespace, "sum");
  }

  @Test
  void expiry_jobs_haveOneWhenFinishedAndLimited() {
    assertThat(expiry("ttlSecondsAfterFinished: 5", "Complete", "True"))
        .isEqualTo(Instant.parse("2026-01-01T00:00:05Z"));
    assertThat(expiry("ttlSecondsAfterFinished: 5", "Failed", "True"))
        .isEqualTo(Instant.parse("2026-01-01T00:00:05Z"));
    assertThat(expiry("ttlSecondsAfterFinished: 5", "Failed", "False")).isNull();
    assertThat(expiry("ttlSecondsAfterFinished: 5", "FailureTarget", "True")).isNull();
    assertThat(expiry("", "Complete", "True")).isNull();
  }

  private static Instant expiry(String spec, String type, String status) {
    return TtlAfterFinishedController.expiry(
        Make.object(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: j, namespace: ns}
            spec: {%s}
            status: {conditions: [{type: %s, status: "%s", lastTransitionTime: "2026-01-01T00:00:00Z"}]}
            """
                .formatted(spec, type, status)));
  }
}
