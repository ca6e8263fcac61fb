package dev.coracle.controller.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class JobDecisionTest {

  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");
  private static final String TRACKED = ", finalizers: [batch.kubernetes.io/job-tracking]";

  private static KubeObject job(String spec, String status) {
    return Make.object(
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: sum, namespace: ns, uid: job}
        spec: {template: {spec: {restartPolicy: Never}}, %s}
        status: {startTime: "2026-01-01T00:00:00Z"%s}
        """
            .formatted(spec, status));
  }

  private static JobDecision.Plan plan(KubeObject job, KubeObject... pods) {
    return decide(job, pods).plan(true, Failures.NONE);
  }

  private static JobDecision decide(KubeObject job, KubeObject... pods) {
    return new JobDecision(job, List.of(pods), Set.of(), NOW);
  }

  private static List<Integer> indexes(JobDecision.Plan plan) {
    return plan.create().stream().map(JobDecision.Creation::index).toList();
  }

  private static KubeObject indexed(String name, String phase, int index) {
    return Make.pod(
        name,
        phase,
        false,
        TRACKED + ", annotations: {batch.kubernetes.io/job-completion-index: \"" + index + "\"}");
  }

  @Test
  void plan_nothingRuns_startsAsManyAsInParallel() {
    assertThat(plan(job("completions: 5, parallelism: 3", "")).create()).hasSize(3);
  }

  @Test
  void plan_fewerLeftThanParallel_startsOnlyThose() {
    JobDecision.Plan plan = plan(job("completions: 5, parallelism: 3", ", succeeded: 4"));
    assertThat(plan.create()).hasSize(1);
    assertThat(plan.end()).isNull();
  }

  @Test
  void plan_lastPodSucceeded_isComplete() {
    JobDecision.Plan plan =
        plan(job("completions: 1, parallelism: 1", ""), Make.pod("a", "Succeeded", false, TRACKED));
    assertThat(plan.end().success()).isTrue();
    assertThat(plan.end().reason()).isEqualTo("CompletionsReached");
    assertThat(plan.create()).isEmpty();
  }

  @Test
  void track_podCountedBefore_isNotCountedAgain() {
    KubeObject pod = Make.pod("a", "Succeeded", false, TRACKED);
    KubeObject job =
        job("completions: 2, parallelism: 1", ", uncountedTerminatedPods: {succeeded: [uid-a]}");
    assertThat(decide(job, pod).track(null).succeeded()).isEmpty();
    assertThat(decide(job, pod).track(null).release()).hasSize(1);
    assertThat(plan(job, pod).create()).hasSize(1);
    JobDecision released =
        new JobDecision(
            job("completions: 2, parallelism: 1", ", succeeded: 1"),
            List.of(pod),
            Set.of("uid-a"),
            NOW);
    assertThat(released.track(null).release()).isEmpty();
    assertThat(released.plan(true, Failures.NONE).create()).hasSize(1);
  }

  @Test
  void plan_moreFailuresThanTheLimit_failsAndEndsTheRest() {
    JobDecision.Plan plan =
        plan(
            job("backoffLimit: 1, completions: 3, parallelism: 2", ", failed: 1"),
            Make.pod("a", "Failed", false, TRACKED),
            Make.pod("b", "Running", true, TRACKED));
    assertThat(plan.end().reason()).isEqualTo("BackoffLimitExceeded");
    assertThat(plan.delete()).extracting(KubeObject::name).containsExactly("b");
  }

  @Test
  void plan_deadlineOver_fails() {
    assertThat(plan(job("activeDeadlineSeconds: 3600", "")).end().reason())
        .isEqualTo("DeadlineExceeded");
    assertThat(plan(job("activeDeadlineSeconds: 3601", "")).end()).isNull();
  }

  @Test
  void plan_suspended_endsPodsAndStartsNone() {
    JobDecision.Plan plan =
        plan(job("suspend: true, parallelism: 2", ""), Make.pod("a", "Running", true, TRACKED));
    assertThat(plan.delete()).hasSize(1);
    assertThat(plan.create()).isEmpty();
    assertThat(plan.end()).isNull();
  }

  @Test
  void plan_indexed_startsTheLowestMissingIndexes() {
    JobDecision.Plan plan =
        plan(
            job(
                "completionMode: Indexed, completions: 6, parallelism: 3",
                ", completedIndexes: \"0,2\""),
            indexed("b", "Running", 1),
            indexed("d", "Succeeded", 3));
    assertThat(indexes(plan)).containsExactly(4, 5);
  }

  @Test
  void plan_cacheLags_startsNothing() {
    JobDecision decision = new JobDecision(job("parallelism: 2", ""), List.of(), Set.of(), NOW);
    assertThat(decision.plan(false, Failures.NONE).create()).isEmpty();
    JobDecision.Plan waiting = decision.plan(true, new Failures(2, NOW.minusSeconds(5)));
    assertThat(waiting.create()).isEmpty();
    assertThat(waiting.delay()).isEqualTo(Duration.ofSeconds(15));
    assertThat(decision.plan(true, new Failures(1, NOW.minusSeconds(10))).create()).hasSize(2);
  }

  @Test
  void indexes_format_joinsRuns() {
    assertThat(Indexes.format(new TreeSet<>(Set.of(1, 3, 4, 5, 7)))).isEqualTo("1,3-5,7");
    assertThat(Indexes.parse("1,3-5,7", 7)).containsExactly(1, 3, 4, 5);
    assertThat(Indexes.format(new TreeSet<>())).isEmpty();
  }

  private static KubeObject failed(String name, int exitCode, String more) {
    ObjectNode pod = Make.pod(name, "Failed", false, TRACKED + more).mutableTree();
    ObjectNode container =
        pod.withObject("/status").putArray("containerStatuses").addObject().put("name", "main");
    container
        .putObject("state")
        .putObject("terminated")
        .put("exitCode", exitCode)
        .put("finishedAt", "2026-01-01T00:59:55Z");
    return KubeObject.of(pod);
  }

  private static KubeObject failedIndex(String name, int exitCode, int index, int earlier) {
    return failed(
        name,
        exitCode,
        (", annotations: {batch.kubernetes.io/job-completion-index: \"%d\","
                + " batch.kubernetes.io/job-index-failure-count: \"%d\"}")
            .formatted(index, earlier));
  }

  private static final String POLICY =
      """
      completions: 2, parallelism: 1, backoffLimit: 0, podReplacementPolicy: Failed,
      podFailurePolicy: {rules: [
        {action: FailJob, onExitCodes: {containerName: main, operator: In, values: [42]}},
        {action: Ignore, onPodConditions: [{type: DisruptionTarget, status: "True"}]},
        {action: Count, onExitCodes: {operator: NotIn, values: [1, 42]}}]}
      """;

  @Test
  void plan_failJobRuleMatches_failsWithItsMessage() {
    JobDecision.Plan plan = plan(job(POLICY, ""), failed("a", 42, ""));
    assertThat(plan.end())
        .isEqualTo(
            new JobEnd(
                false,
                "PodFailurePolicy",
                "Container main for pod ns/a failed with exit code 42 matching FailJob rule at"
                    + " index 0"));
  }

  @Test
  void plan_disruptedPodIsIgnored_goesOnAndCountsNothing() {
    ObjectNode tree = failed("a", 137, "").mutableTree();
    tree.withObject("/status")
        .withArray("/conditions")
        .addObject()
        .put("type", "DisruptionTarget")
        .put("status", "True");
    JobDecision decision = decide(job(POLICY, ""), KubeObject.of(tree));
    assertThat(decision.plan(true, Failures.NONE).end()).isNull();
    assertThat(decision.track(null).release()).hasSize(1);
    assertThat(decision.track(null).failed()).isEmpty();
    assertThat(plan(job(POLICY, ""), failed("a", 137, "")).end().reason())
        .isEqualTo("BackoffLimitExceeded");
  }

  @Test
  void plan_onlyFailedAreReplaced_waitsForTerminatingPods() {
    KubeObject going =
        Make.pod("a", "Running", true, TRACKED + ", deletionTimestamp: \"2026-01-01T00:59:59Z\"");
    assertThat(plan(job("podReplacementPolicy: Failed", ""), going).create()).isEmpty();
    assertThat(plan(job("podReplacementPolicy: TerminatingOrFailed", ""), going).create())
        .hasSize(1);
    assertThat(decide(job("podReplacementPolicy: Failed", ""), going).track(null).failed())
        .isEmpty();
    assertThat(
            decide(job("podReplacementPolicy: TerminatingOrFailed", ""), going)
                .track(null)
                .failed())
        .hasSize(1);
  }

  private static final String PER_INDEX =
      "completionMode: Indexed, completions: 3, parallelism: 3, backoffLimit: 100,"
          + " backoffLimitPerIndex: 1";

  @Test
  void plan_indexFailedOnce_waitsForItsOwnBackoffAndStartsTheOthers() {
    KubeObject once = failedIndex("a", 1, 0, 0);
    JobDecision decision = decide(job(PER_INDEX, ""), once);
    JobDecision.Plan plan = decision.plan(true, Failures.NONE);
    assertThat(indexes(plan)).containsExactly(1, 2);
    assertThat(plan.delay()).isEqualTo(Duration.ofSeconds(5));
    assertThat(decision.track(null).release()).isEmpty();
    assertThat(decision.track(null).failedIndexes()).isEmpty();
  }

  @Test
  void plan_indexFailedTooOften_isFailedForGood() {
    JobDecision decision = decide(job(PER_INDEX, ""), failedIndex("a", 1, 0, 1));
    assertThat(indexes(decision.plan(true, Failures.NONE))).containsExactly(1, 2);
    assertThat(decision.track(null).failedIndexes()).containsExactly(0);
    assertThat(decision.track(null).failed()).hasSize(1);
  }

  @Test
  void plan_allIndexesDoneAndOneFailed_fails() {
    JobDecision.Plan plan =
        plan(job(PER_INDEX, ", completedIndexes: \"1,2\""), failedIndex("a", 1, 0, 1));
    assertThat(plan.end()).isEqualTo(new JobEnd(false, "FailedIndexes", "Job has failed indexes"));
    assertThat(
            plan(job(PER_INDEX + ", maxFailedIndexes: 0", ""), failedIndex("a", 1, 0, 1))
                .end()
                .reason())
        .isEqualTo("MaxFailedIndexesExceeded");
  }

  @Test
  void plan_failIndexRuleMatches_needsNoLimit() {
    KubeObject job =
        job(
            PER_INDEX
                + ", podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In,"
                + " values: [7]}}]}",
            "");
    assertThat(decide(job, failedIndex("a", 7, 0, 0)).track(null).failedIndexes())
        .containsExactly(0);
    assertThat(decide(job, failedIndex("a", 8, 0, 0)).track(null).failedIndexes()).isEmpty();
  }

  @Test
  void plan_successPolicyMet_endsTheRestWithoutCountingThem() {
    KubeObject job =
        job(
            "completionMode: Indexed, completions: 4, parallelism: 4, successPolicy: {rules:"
                + " [{succeededIndexes: \"2-3\", succeededCount: 2}, {succeededIndexes: \"0\"}]}",
            "");
    JobDecision decision = decide(job, indexed("a", "Succeeded", 0), indexed("b", "Running", 1));
    JobDecision.Plan plan = decision.plan(true, Failures.NONE);
    assertThat(plan.end()).isEqualTo(new JobEnd(true, "SuccessPolicy", "Matched rules at index 1"));
    assertThat(plan.delete()).extracting(KubeObject::name).containsExactly("b");
    JobDecision.Tracking tracking = decision.track(plan.end());
    assertThat(tracking.release()).hasSize(2);
    assertThat(tracking.failed()).isEmpty();
  }

  @Test
  void plan_completionsReduced_removesPodsOfHigherIndexes() {
    JobDecision.Plan plan =
        plan(
            job("completionMode: Indexed, completions: 1, parallelism: 1", ""),
            indexed("a", "Running", 0),
            indexed("b", "Running", 1));
    assertThat(plan.delete()).extracting(KubeObject::name).containsExactly("b");
    assertThat(plan.end()).isNull();
  }

  @Test
  void failures_successInBetween_countOnlyWhatCameAfter() {
    KubeObject late = failed("late", 1, "");
    assertThat(new Failures(3, NOW).with(List.of(), List.of(late)).count()).isEqualTo(4);
    assertThat(
            new Failures(3, NOW)
                .with(List.of(Make.pod("s", "Succeeded", false, "")), List.of(late)))
        .isEqualTo(new Failures(1, Instant.parse("2026-01-01T00:59:55Z")));
    assertThat(new Failures(3, NOW).with(List.of(late), List.of())).isEqualTo(Failures.NONE);
  }
}
