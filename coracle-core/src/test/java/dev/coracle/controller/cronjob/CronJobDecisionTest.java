package dev.coracle.controller.cronjob;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CronJobDecisionTest {

  private static final Instant NOW = Instant.parse("2026-01-01T10:00:30Z");
  private static final Instant TEN = Instant.parse("2026-01-01T10:00:00Z");

  private static KubeObject cronJob(String spec) {
    return Make.object(
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: c, namespace: ns, uid: u, creationTimestamp: "2026-01-01T08:30:00Z"}
        spec: {%s}
        """
            .formatted(spec));
  }

  private static CronJobDecision.Plan plan(
      String spec, Set<String> active, @Nullable Instant lastScheduled) {
    return CronJobDecision.plan(cronJob(spec), active, lastScheduled, NOW);
  }

  private static List<String> reasons(CronJobDecision.Plan plan) {
    return plan.news().stream().map(CronJobDecision.News::reason).toList();
  }

  @Test
  void plan_timeIsDue_startsTheLatestOnly() {
    CronJobDecision.Plan plan = plan("schedule: '0 * * * *'", Set.of(), null);
    assertThat(plan.start()).isEqualTo(TEN);
    assertThat(plan.untilNext()).isEqualTo(Duration.ofMinutes(59).plusMillis(30_100));
    assertThat(plan.replace()).isFalse();
  }

  @Test
  void plan_timeIsServed_waits() {
    assertThat(plan("schedule: '0 * * * *'", Set.of(), TEN).start()).isNull();
    String name = CronJobDecision.jobName(cronJob(""), TEN);
    assertThat(name).isEqualTo("c-" + TEN.getEpochSecond() / 60);
    assertThat(plan("schedule: '0 * * * *'", Set.of(name), null).start()).isNull();
  }

  @Test
  void plan_anotherRuns_policyDecides() {
    String schedule = "schedule: '0 * * * *', concurrencyPolicy: ";
    assertThat(plan(schedule + "Allow", Set.of("c-1"), null).start()).isEqualTo(TEN);
    assertThat(plan(schedule + "Replace", Set.of("c-1"), null).replace()).isTrue();
    CronJobDecision.Plan forbidden = plan(schedule + "Forbid", Set.of("c-1"), null);
    assertThat(forbidden.start()).isNull();
    assertThat(reasons(forbidden)).containsExactly("JobAlreadyActive");
    assertThat(forbidden.untilNext()).isNotNull();
  }

  @Test
  void plan_deadlineOver_startsNothing() {
    assertThat(plan("schedule: '0 * * * *', startingDeadlineSeconds: 29", Set.of(), null).start())
        .isNull();
    assertThat(plan("schedule: '0 * * * *', startingDeadlineSeconds: 31", Set.of(), null).start())
        .isEqualTo(TEN);
  }

  @Test
  void plan_manyTimesMissed_warnsAndStartsTheLatest() {
    CronJobDecision.Plan plan =
        CronJobDecision.plan(
            cronJob("schedule: '* * * * *'"), Set.of(), Instant.parse("2025-12-01T00:00:00Z"), NOW);
    assertThat(plan.start()).isEqualTo(TEN);
    assertThat(reasons(plan)).containsExactly("TooManyMissedTimes");
  }

  @Test
  void plan_suspendedDeletedOrUnreadable_startsNothing() {
    assertThat(plan("schedule: '0 * * * *', suspend: true", Set.of(), null).start()).isNull();
    CronJobDecision.Plan unreadable = plan("schedule: 'hourly'", Set.of(), null);
    assertThat(reasons(unreadable)).containsExactly("UnparseableSchedule");
    assertThat(unreadable.untilNext()).isNull();
    CronJobDecision.Plan nowhere =
        plan("schedule: '0 * * * *', timeZone: Middle/Earth", Set.of(), null);
    assertThat(nowhere.news().getFirst().message())
        .isEqualTo("invalid timeZone: \"Middle/Earth\": unknown time zone Middle/Earth");
  }

  @Test
  void plan_timeZone_isWhereTheScheduleIsRead() {
    // 15:30 in Kolkata is 10:00 UTC
    assertThat(plan("schedule: '30 15 * * *', timeZone: Asia/Kolkata", Set.of(), null).start())
        .isEqualTo(TEN);
  }

  @Test
  void surplus_finishedJobs_areThoseThatStartedFirst() {
    List<KubeObject> jobs =
        List.of(job("b", "02", "Complete"), job("a", "01", "Complete"), job("x", "00", "Failed"));
    assertThat(CronJobDecision.surplus(jobs, "Complete", Json.read("1")))
        .extracting(KubeObject::name)
        .containsExactly("a");
    assertThat(CronJobDecision.surplus(jobs, "Failed", Json.read("0")))
        .extracting(KubeObject::name)
        .containsExactly("x");
    assertThat(CronJobDecision.surplus(jobs, "Complete", Json.object().path("none"))).isEmpty();
  }

  private static KubeObject job(String name, String minute, String condition) {
    return Make.object(
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: %s, namespace: ns}
        status:
          startTime: "2026-01-01T10:%s:00Z"
          conditions: [{type: %s, status: "True"}]
        """
            .formatted(name, minute, condition));
  }
}
