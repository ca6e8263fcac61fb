package dev.coracle.controller.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Jobs through the API, with all controllers; the test is the node that ends Pods. */
class JobStoryTest {

  @AutoClose
  private final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start().withNode("node-1", "64", 200);

  private void job(String spec) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: sum, namespace: default}
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: busybox}]
              %s
            """
                .formatted(spec.replace("\n", "\n  ")));
  }

  private KubeObject awaitJob(Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.JOBS, "default", "sum", good);
  }

  private static boolean is(KubeObject job, String type) {
    return Conditions.isTrue(job.at("status", "conditions"), type);
  }

  private static String reason(KubeObject job, String type) {
    JsonNode condition = Conditions.find(job.at("status", "conditions"), type);
    return condition == null ? "" : condition.path("reason").asText();
  }

  private List<KubeObject> running(int count) {
    await()
        .until(
            () ->
                pods().stream()
                        .filter(pod -> Pods.phase(pod).equals("Running") && !pod.isDeleting())
                        .count()
                    == count);
    return pods().stream()
        .filter(pod -> Pods.phase(pod).equals("Running") && !pod.isDeleting())
        .toList();
  }

  private List<KubeObject> pods() {
    return cluster.list(Resources.PODS, "default");
  }

  private KubeObject ofIndex(int index) {
    return running(running().size()).stream()
        .filter(pod -> Indexes.of(pod) == index)
        .findFirst()
        .orElseThrow();
  }

  private List<KubeObject> running() {
    return pods().stream().filter(pod -> Pods.phase(pod).equals("Running")).toList();
  }

  private void end(KubeObject pod, int exitCode) {
    ObjectNode patch = Json.object();
    ObjectNode status =
        patch.putObject("status").put("phase", exitCode == 0 ? "Succeeded" : "Failed");
    status
        .putArray("containerStatuses")
        .addObject()
        .put("name", "main")
        .put("image", "busybox")
        .put("imageID", "")
        .put("ready", false)
        .put("restartCount", 0)
        .putObject("state")
        .putObject("terminated")
        .put("exitCode", exitCode)
        .put("finishedAt", "2026-01-01T00:00:00Z");
    KubeObject unused =
        cluster
            .admin()
            .patch(
                Resources.PODS,
                pod.namespace(),
                pod.name(),
                "status",
                PatchType.STRATEGIC,
                patch,
                WriteOptions.NONE);
  }

  private void patchJob(String spec) {
    KubeObject unused =
        cluster
            .admin()
            .patch(
                Resources.JOBS,
                "default",
                "sum",
                "",
                PatchType.MERGE,
                ControlPlaneInMemory.yaml("{spec: {" + spec + "}}"),
                WriteOptions.NONE);
  }

  private boolean hasEvent(String reason, String message) {
    return cluster.list(GroupVersionResource.core("events"), "default").stream()
        .anyMatch(
            event ->
                event.text("involvedObject", "name").equals("sum")
                    && event.text("reason").equals(reason)
                    && event.text("message").equals(message));
  }

  @Test
  void run_everyPodSucceeds_completesAndReleasesThem() {
    job("completions: 2\nparallelism: 2");
    running(2).forEach(pod -> end(pod, 0));
    KubeObject done = awaitJob(job -> is(job, "Complete"));
    assertThat(done.at("status", "succeeded").asInt()).isEqualTo(2);
    assertThat(done.at("status", "uncountedTerminatedPods").size()).isZero();
    assertThat(reason(done, "SuccessCriteriaMet")).isEqualTo("CompletionsReached");
    assertThat(reason(done, "Complete")).isEqualTo("CompletionsReached");
    assertThat(done.text("status", "completionTime")).isNotEmpty();
    assertThat(pods()).noneMatch(JobPods::isTracked);
    await().until(() -> hasEvent("Completed", "Job completed"));
  }

  @Test
  void run_exitCodeOfFailJobRule_failsAtOnceAndEndsTheOthers() {
    job(
        """
        completions: 2
        parallelism: 2
        podFailurePolicy:
          rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}]
        """);
    KubeObject bad = running(2).getFirst();
    end(bad, 42);
    KubeObject failed = awaitJob(job -> is(job, "Failed"));
    assertThat(reason(failed, "FailureTarget")).isEqualTo("PodFailurePolicy");
    assertThat(
            Conditions.find(failed.at("status", "conditions"), "Failed").path("message").asText())
        .isEqualTo(
            "Container main for pod default/"
                + bad.name()
                + " failed with exit code 42 matching FailJob rule at index 0");
    assertThat(failed.at("status", "active").asInt()).isZero();
    assertThat(failed.at("status", "terminating").asInt()).isZero();
    assertThat(failed.at("status", "failed").asInt()).isEqualTo(2);
  }

  @Test
  void run_disruptedPod_isReplacedAndNotCounted() {
    job(
        """
        backoffLimit: 0
        podFailurePolicy:
          rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: "True"}]}]
        """);
    KubeObject pod = running(1).getFirst();
    KubeObject unused =
        cluster
            .admin()
            .createSubresource(
                Resources.PODS,
                "default",
                pod.name(),
                "eviction",
                ControlPlaneInMemory.yaml(
                    "{apiVersion: policy/v1, kind: Eviction, metadata: {name: %s}}"
                        .formatted(pod.name())));
    KubeObject evicted = cluster.admin().get(Resources.PODS, "default", pod.name());
    JsonNode why = Conditions.find(evicted.at("status", "conditions"), "DisruptionTarget");
    assertThat(evicted.isDeleting()).isTrue();
    assertThat(why.path("reason").asText()).isEqualTo("EvictionByEvictionAPI");
    assertThat(why.path("message").asText()).isEqualTo("Eviction API: evicting");
    end(pod, 137);
    await().until(() -> running().stream().anyMatch(other -> !other.name().equals(pod.name())));
    KubeObject job = awaitJob(now -> now.at("status", "active").asInt() == 1);
    assertThat(job.at("status", "failed").asInt()).isZero();
    assertThat(is(job, "Failed")).isFalse();
  }

  @Test
  void suspend_runningJob_endsPodsUncountedAndResumes() {
    job("completions: 2\nparallelism: 2\nactiveDeadlineSeconds: 600");
    assertThat(running(2)).hasSize(2);
    patchJob("suspend: true");
    KubeObject suspended =
        awaitJob(
            job ->
                is(job, "Suspended")
                    && job.at("status", "active").asInt() == 0
                    && job.at("status", "terminating").asInt() == 0);
    assertThat(suspended.at("status", "failed").asInt()).isZero();
    assertThat(suspended.text("status", "startTime")).isEmpty();
    assertThat(pods()).isEmpty();
    patchJob("suspend: false");
    assertThat(running(2)).hasSize(2);
    KubeObject resumed = awaitJob(job -> reason(job, "Suspended").equals("JobResumed"));
    assertThat(resumed.text("status", "startTime")).isNotEmpty();
    assertThat(resumed.at("status", "failed").asInt()).isZero();
    await().until(() -> hasEvent("Suspended", "Job suspended"));
    await().until(() -> hasEvent("Resumed", "Job resumed"));
  }

  @Test
  void run_indexFailsTooOften_otherIndexesStillComplete() {
    job(
        """
        completions: 3
        parallelism: 3
        completionMode: Indexed
        backoffLimitPerIndex: 0
        """);
    assertThat(running(3)).hasSize(3);
    end(ofIndex(1), 1);
    KubeObject one = awaitJob(job -> job.text("status", "failedIndexes").equals("1"));
    assertThat(is(one, "FailureTarget")).isFalse();
    end(ofIndex(0), 0);
    end(ofIndex(2), 0);
    KubeObject failed = awaitJob(job -> is(job, "Failed"));
    assertThat(failed.text("status", "completedIndexes")).isEqualTo("0,2");
    assertThat(reason(failed, "Failed")).isEqualTo("FailedIndexes");
    assertThat(failed.at("status", "succeeded").asInt()).isEqualTo(2);
    assertThat(failed.at("status", "failed").asInt()).isEqualTo(1);
  }

  @Test
  void run_indexFails_successorCarriesTheCount() {
    job(
        """
        completions: 1
        completionMode: Indexed
        backoffLimitPerIndex: 3
        """);
    KubeObject first = running(1).getFirst();
    assertThat(
            first
                .at("metadata", "annotations")
                .path("batch.kubernetes.io/job-index-failure-count")
                .asText())
        .isEqualTo("0");
    end(first, 1);
    await()
        .until(
            () ->
                running().stream()
                    .anyMatch(
                        pod ->
                            pod.at("metadata", "annotations")
                                .path("batch.kubernetes.io/job-index-failure-count")
                                .asText()
                                .equals("1")));
    KubeObject job = awaitJob(now -> now.at("status", "failed").asInt() == 1);
    assertThat(job.at("status", "failedIndexes").isTextual()).isTrue();
    assertThat(job.text("status", "failedIndexes")).isEmpty();
  }

  @Test
  void run_successPolicyMet_completesWhileOthersRan() {
    job(
        """
        completions: 3
        parallelism: 3
        completionMode: Indexed
        successPolicy: {rules: [{succeededIndexes: "0"}]}
        """);
    assertThat(running(3)).hasSize(3);
    end(ofIndex(0), 0);
    KubeObject done = awaitJob(job -> is(job, "Complete"));
    assertThat(reason(done, "SuccessCriteriaMet")).isEqualTo("SuccessPolicy");
    assertThat(reason(done, "Complete")).isEqualTo("SuccessPolicy");
    assertThat(done.at("status", "succeeded").asInt()).isEqualTo(1);
    assertThat(done.at("status", "failed").asInt()).isZero();
  }

  @Test
  void run_managedByAnother_isLeftAlone() {
    job("managedBy: example.com/other");
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: own, namespace: default}
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}
            """);
    KubeObject own =
        cluster.awaitObject(
            Resources.JOBS, "default", "own", job -> job.at("status", "active").asInt() == 1);
    assertThat(own.at("status", "active").asInt()).isEqualTo(1);
    assertThat(awaitJob(job -> true).at("status").size()).isZero();
  }

  @Test
  void restart_podsEndedMeanwhile_areCountedOnce() throws Exception {
    job("completions: 3\nparallelism: 2");
    List<KubeObject> first = running(2);
    cluster.restartControllers(() -> first.forEach(pod -> end(pod, 0)));
    KubeObject halfway = awaitJob(job -> job.at("status", "succeeded").asInt() == 2);
    assertThat(is(halfway, "Complete")).isFalse();
    end(running(1).getFirst(), 0);
    KubeObject done = awaitJob(job -> is(job, "Complete"));
    assertThat(done.at("status", "succeeded").asInt()).isEqualTo(3);
    assertThat(pods()).hasSize(3).noneMatch(JobPods::isTracked);
  }

  @Test
  void parallelism_changed_podsFollowUncounted() {
    job("completions: 4\nparallelism: 2");
    patchJob("parallelism: 4");
    assertThat(running(4)).hasSize(4);
    patchJob("parallelism: 1");
    assertThat(running(1)).hasSize(1);
    KubeObject job = awaitJob(now -> now.at("status", "active").asInt() == 1);
    assertThat(job.at("status", "failed").asInt()).isZero();
  }
}
