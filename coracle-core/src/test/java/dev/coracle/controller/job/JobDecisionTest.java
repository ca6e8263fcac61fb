package dev.coracle.controller.job;

import static org.assertj.core.api.Assertions.assertThat;

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
    return new JobDecision(job, List.of(pods), Set.of(), NOW).plan(true, Duration.ZERO);
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
  void plan_podCountedBefore_isNotCountedAgain() {
    KubeObject job =
        job("completions: 2, parallelism: 1", ", uncountedTerminatedPods: {succeeded: [uid-a]}");
    JobDecision.Plan plan = plan(job, Make.pod("a", "Succeeded", false, TRACKED));
    assertThat(plan.succeeded()).isEmpty();
    assertThat(plan.succeededTotal()).isEqualTo(1);
    JobDecision.Plan released =
        new JobDecision(
                job("completions: 2, parallelism: 1", ", succeeded: 1"),
                List.of(Make.pod("a", "Succeeded", false, TRACKED)),
                Set.of("uid-a"),
                NOW)
            .plan(true, Duration.ZERO);
    assertThat(released.succeededTotal()).isEqualTo(1);
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
    assertThat(plan.completedIndexes()).containsExactly(0, 2, 3);
    assertThat(plan.create()).containsExactly(4, 5);
  }

  @Test
  void plan_cacheLags_startsNothing() {
    JobDecision decision = new JobDecision(job("parallelism: 2", ""), List.of(), Set.of(), NOW);
    assertThat(decision.plan(false, Duration.ZERO).create()).isEmpty();
    assertThat(decision.plan(true, Duration.ofSeconds(10)).create()).isEmpty();
  }

  @Test
  void indexes_format_joinsRuns() {
    assertThat(Indexes.format(new TreeSet<>(Set.of(1, 3, 4, 5, 7)))).isEqualTo("1,3-5,7");
    assertThat(Indexes.parse("1,3-5,7", 7)).containsExactly(1, 3, 4, 5);
    assertThat(Indexes.format(new TreeSet<>())).isEmpty();
  }
}
