package dev.coracle.controller.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Jobs by a clock that is turned: adoption, deadlines, back-off, indexes, lost nodes. */
class JobLifecycleStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(
              new ControllableClock(new SystemClock(), Instant.parse("2026-01-01T00:00:00Z")))
          .withNode("node-1", "64", 200)
          .withNode("node-2", "64", 200);

  private final String namespace = cluster.namespace();

  private void job(String spec, String pod) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: sum, namespace: %s}
            spec:
              %s
              template:
                spec:
                  restartPolicy: Never
                  %s
                  containers: [{name: main, image: busybox}]
            """
                .formatted(namespace, spec.replace("\n", "\n  "), pod));
  }

  private KubeObject awaitJob(Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.JOBS, namespace, "sum", good);
  }

  private static boolean is(KubeObject job, String type) {
    return Conditions.isTrue(job.at("status", "conditions"), type);
  }

  private static String reason(KubeObject job, String type) {
    JsonNode condition = Conditions.find(job.at("status", "conditions"), type);
    return condition == null ? "" : condition.path("reason").asText();
  }

  private List<KubeObject> running(int count) {
    await().until(() -> running().size() == count);
    return running();
  }

  private List<KubeObject> running() {
    return cluster.list(Resources.PODS, namespace).stream()
        .filter(pod -> Pods.phase(pod).equals("Running") && !pod.isDeleting())
        .toList();
  }

  private void end(KubeObject pod, String phase) {
    cluster.setStatus(pod, phase, false, "");
  }

  /** Conformance: "should adopt matching orphans and release non-matching pods". */
  @Test
  void orphan_thatMatches_isAdoptedCountedAndReleasedWhenItMatchesNoMore() {
    job("completions: 3\nparallelism: 2", "");
    KubeObject first = running(2).getFirst();
    KubeObject unused =
        cluster.change(
            Resources.PODS, namespace, first.name(), "{metadata: {ownerReferences: null}}");
    KubeObject adopted =
        cluster.awaitObject(
            Resources.PODS,
            namespace,
            first.name(),
            pod -> pod.controllerRef() != null && JobPods.isTracked(pod));
    KubeObject job = awaitJob(j -> true);
    assertThat(Owners.isControlledBy(adopted, job)).isTrue();

    KubeObject other =
        running().stream().filter(pod -> !pod.uid().equals(first.uid())).findFirst().orElseThrow();
    unused =
        cluster.change(
            Resources.PODS,
            namespace,
            other.name(),
            "{metadata: {labels: {batch.kubernetes.io/controller-uid: none, controller-uid: none}}}");
    KubeObject released =
        cluster.awaitObject(
            Resources.PODS,
            namespace,
            other.name(),
            pod -> pod.controllerRef() == null && !JobPods.isTracked(pod));
    assertThat(released.isDeleting()).isFalse();

    end(adopted, "Succeeded");
    awaitJob(j -> j.at("status", "succeeded").asInt() == 1);
  }

  @Test
  void deadline_isOver_jobFailsAndItsPodsGo() {
    job("activeDeadlineSeconds: 300\nparallelism: 2\ncompletions: 2", "");
    running(2);
    cluster.turn(Duration.ofSeconds(10));
    assertThat(is(awaitJob(j -> true), "Failed")).isFalse();
    cluster.turn(Duration.ofSeconds(300));
    KubeObject failed = awaitJob(j -> is(j, "Failed"));
    assertThat(reason(failed, "FailureTarget")).isEqualTo("DeadlineExceeded");
    assertThat(reason(failed, "Failed")).isEqualTo("DeadlineExceeded");
    assertThat(failed.at("status", "failed").asInt()).isEqualTo(2);
    cluster.awaitEvent(
        namespace, "sum", "DeadlineExceeded: Job was active longer than specified deadline");
  }

  @Test
  void suspended_deadlineStandsStill() {
    job("activeDeadlineSeconds: 30\nsuspend: true", "");
    KubeObject suspended = awaitJob(j -> is(j, "Suspended"));
    assertThat(reason(suspended, "Suspended")).isEqualTo("JobSuspended");
    cluster.turn(Duration.ofSeconds(60));
    assertThat(awaitJob(j -> true).text("status", "startTime")).isEmpty();
    Instant before = cluster.now();
    KubeObject unused =
        cluster.change(Resources.JOBS, namespace, "sum", "{spec: {suspend: false}}");
    running(1);
    KubeObject resumed = awaitJob(j -> !j.text("status", "startTime").isEmpty());
    assertThat(reason(resumed, "Suspended")).isEqualTo("JobResumed");
    assertThat(Instant.parse(resumed.text("status", "startTime"))).isBetween(before, cluster.now());
  }

  @Test
  void podsFail_successorsWaitTwiceAsLongEachTime() {
    job("backoffLimit: 2", "");
    int failures = 0;
    for (Duration pause : List.of(Duration.ofSeconds(10), Duration.ofSeconds(20))) {
      failures++;
      int failed = failures;
      Instant end = cluster.now();
      end(running(1).getFirst(), "Failed");
      awaitJob(j -> j.at("status", "failed").asInt() == failed);
      cluster.turn(pause);
      assertThat(Instant.parse(running(1).getFirst().creationTimestamp()))
          .isAfterOrEqualTo(end.plus(pause));
    }
    end(running(1).getFirst(), "Failed");
    KubeObject failed = awaitJob(j -> is(j, "Failed"));
    assertThat(reason(failed, "Failed")).isEqualTo("BackoffLimitExceeded");
    cluster.awaitEvent(
        namespace, "sum", "BackoffLimitExceeded: Job has reached the specified backoff limit");
  }

  @Test
  void indexesFailTooMany_jobEndsBeforeTheOthers() {
    job(
        "completions: 4\nparallelism: 4\ncompletionMode: Indexed\nbackoffLimitPerIndex: 0\nmaxFailedIndexes: 1",
        "");
    Map<Integer, KubeObject> pods = new HashMap<>();
    running(4).forEach(pod -> pods.put(Indexes.of(pod), pod));
    end(pods.get(0), "Failed");
    // then the controller has seen all that it created, so that it ends the Job in one pass
    awaitJob(j -> j.at("status", "failed").asInt() == 1);
    end(pods.get(1), "Failed");
    KubeObject failed = awaitJob(j -> is(j, "Failed"));
    assertThat(reason(failed, "Failed")).isEqualTo("MaxFailedIndexesExceeded");
    assertThat(failed.text("status", "failedIndexes")).isEqualTo("0,1");
    assertThat(running()).isEmpty();
  }

  /** Conformance: "should create pods for an Indexed job with completion indexes and hostname". */
  @Test
  void indexed_podsCarryTheirIndex_andCompletionsMayGrow() {
    job("completions: 2\nparallelism: 2\ncompletionMode: Indexed", "");
    for (KubeObject pod : running(2)) {
      int index = Indexes.of(pod);
      assertThat(pod.text("spec", "hostname")).isEqualTo("sum-" + index);
      assertThat(pod.name()).startsWith("sum-" + index + "-");
      assertThat(pod.labels())
          .containsEntry("batch.kubernetes.io/job-completion-index", "" + index)
          .containsEntry("batch.kubernetes.io/job-name", "sum");
      assertThat(pod.at("spec", "containers").get(0).path("env").toString())
          .contains("JOB_COMPLETION_INDEX");
    }
    KubeObject unused =
        cluster.change(
            Resources.JOBS, namespace, "sum", "{spec: {completions: 3, parallelism: 3}}");
    running(3).forEach(pod -> end(pod, "Succeeded"));
    KubeObject done = awaitJob(j -> is(j, "Complete"));
    assertThat(done.text("status", "completedIndexes")).isEqualTo("0-2");
    assertThat(reason(done, "SuccessCriteriaMet")).isEqualTo("CompletionsReached");
    cluster.awaitEvent(namespace, "sum", "Completed: Job completed");
  }

  @Test
  void nodeLost_podIsReplacedElsewhere_andCountsAsFailed() {
    cluster.addNode("brittle", "64", 200);
    job("backoffLimit: 3", "nodeSelector: {kubernetes.io/hostname: brittle}");
    running(1);
    cluster.silence("brittle");
    KubeObject unused =
        cluster.admin().delete(Resources.NODES, "", "brittle", DeleteOptions.DEFAULT);
    await()
        .until(
            () -> {
              cluster.turn(Duration.ofSeconds(20));
              return awaitJob(j -> true).at("status", "failed").asInt() == 1;
            });
    assertThat(is(awaitJob(j -> true), "Failed")).isFalse();
  }

  @Test
  void deletedInForeground_podsGoFirst() {
    job("completions: 2\nparallelism: 2", "");
    running(2);
    KubeObject unused =
        cluster
            .admin()
            .delete(
                Resources.JOBS,
                namespace,
                "sum",
                new DeleteOptions(false, null, "Foreground", null, null));
    cluster.awaitGone(Resources.JOBS, namespace, "sum");
    assertThat(cluster.list(Resources.PODS, namespace)).isEmpty();
  }

  @Test
  void foreignPodWithTheFinalizer_ofAnotherKind_isLeftAlone() {
    KubeObject owner =
        cluster.apply(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: %s}}"
                .formatted(namespace));
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: foreign
              namespace: %s
              finalizers: [batch.kubernetes.io/job-tracking]
              ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: other, uid: %s, controller: true}]
            spec: {containers: [{name: c, image: i}]}
            """
                .formatted(namespace, owner.uid()));
    unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: nobodys, namespace: %s, finalizers: [batch.kubernetes.io/job-tracking]}
            spec: {containers: [{name: c, image: i}]}
            """
                .formatted(namespace));
    cluster.awaitObject(Resources.PODS, namespace, "nobodys", pod -> !JobPods.isTracked(pod));
    assertThat(JobPods.isTracked(cluster.admin().get(Resources.PODS, namespace, "foreign")))
        .isTrue();
    unused = cluster.change(Resources.PODS, namespace, "foreign", "{metadata: {finalizers: null}}");
  }
}
