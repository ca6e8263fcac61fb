package dev.coracle.controller.cronjob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CronJobs by a clock that is turned; their Jobs end when the story says so. */
class CronJobStoryTest {

  private static final ControllableClock clock =
      new ControllableClock(new SystemClock(), Instant.parse("2026-01-01T00:00:30Z"));

  @AutoClose private static final ControlPlaneInMemory cluster = ControlPlaneInMemory.start(clock);

  private final String namespace = cluster.namespace();

  @BeforeEach
  void enter() {
    clock.advance(Duration.ofSeconds(65 - clock.instant().getEpochSecond() % 60));
  }

  private KubeObject cronJob(String more) {
    return cluster.apply(
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: tick, namespace: %s}
        spec:
          schedule: "* * * * *"
          jobTemplate:
            metadata: {labels: {of: tick}, annotations: {note: kept}}
            spec:
              template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}
          %s
        """
            .formatted(namespace, more));
  }

  private List<KubeObject> jobs() {
    return cluster.list(Resources.JOBS, namespace).stream()
        .sorted(Comparator.comparing(KubeObject::name))
        .toList();
  }

  private KubeObject awaitCronJob(Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.CRON_JOBS, namespace, "tick", good);
  }

  /** Turns the clock over so many of the schedule's times, one after the other. */
  private void minutes(int count) {
    for (int i = 0; i < count; i++) {
      clock.advance(Duration.ofMinutes(1));
    }
  }

  private void finish(KubeObject job, String condition) {
    String now = clock.instant().toString().substring(0, 19) + "Z";
    String target = condition.equals("Complete") ? "SuccessCriteriaMet" : "FailureTarget";
    KubeObject unused =
        cluster.changeStatus(
            Resources.JOBS,
            namespace,
            job.name(),
            """
            status:
              %s
              active: 0
              ready: 0
              terminating: 0
              uncountedTerminatedPods: {}
              conditions:
              - {type: %s, status: "True", lastTransitionTime: "%s", lastProbeTime: "%s"}
              - {type: %s, status: "True", lastTransitionTime: "%s", lastProbeTime: "%s"}
            """
                .formatted(
                    condition.equals("Complete") ? "completionTime: \"" + now + "\"" : "",
                    target,
                    now,
                    now,
                    condition,
                    now,
                    now));
  }

  @Test
  void schedule_timesPass_jobsAreMadeListedAndForgottenWhenDone() {
    KubeObject cron = cronJob("concurrencyPolicy: Allow");
    minutes(1);
    awaitCronJob(c -> c.at("status", "active").size() == 1);
    minutes(1);
    KubeObject two = awaitCronJob(c -> c.at("status", "active").size() == 2);
    assertThat(two.text("status", "lastScheduleTime"))
        .isEqualTo(clock.instant().truncatedTo(ChronoUnit.MINUTES).toString());
    KubeObject job = jobs().getFirst();
    assertThat(Owners.isControlledBy(job, cron)).isTrue();
    assertThat(job.labels()).containsEntry("of", "tick");
    assertThat(job.at("metadata", "annotations").path("note").asText()).isEqualTo("kept");
    assertThat(
            Instant.parse(
                        job.at("metadata", "annotations")
                            .path("batch.kubernetes.io/cronjob-scheduled-timestamp")
                            .asText())
                    .getEpochSecond()
                / 60)
        .isEqualTo(Long.parseLong(job.name().substring("tick-".length())));
    cluster.awaitEvent(namespace, "tick", "SuccessfulCreate: Created job " + job.name());
    awaitCronJob(c -> c.at("status", "active").toString().contains(job.uid()));

    finish(job, "Complete");
    KubeObject after =
        awaitCronJob(
            c ->
                c.at("status", "active").size() == 1
                    && !c.text("status", "lastSuccessfulTime").isEmpty());
    assertThat(after.at("status", "active").toString()).doesNotContain(job.uid());
    cluster.awaitEvent(
        namespace,
        "tick",
        "SawCompletedJob: Saw completed job: " + job.name() + ", condition: Complete");
  }

  @Test
  void forbid_jobStillRuns_nextIsNotStartedUntilItEnds() {
    cronJob("concurrencyPolicy: Forbid");
    minutes(1);
    awaitCronJob(c -> c.at("status", "active").size() == 1);
    minutes(1);
    cluster.awaitEvent(
        namespace,
        "tick",
        "JobAlreadyActive: Not starting job because prior execution is running and concurrency"
            + " policy is Forbid");
    assertThat(jobs()).hasSize(1);
    // the missed time is made up for as soon as there is room
    finish(jobs().getFirst(), "Failed");
    await().until(() -> jobs().size() == 2);
  }

  @Test
  void replace_jobStillRuns_makesRoom() {
    cronJob("concurrencyPolicy: Replace");
    minutes(1);
    awaitCronJob(c -> c.at("status", "active").size() == 1);
    KubeObject first = jobs().getFirst();
    minutes(1);
    cluster.awaitGone(Resources.JOBS, namespace, first.name());
    awaitCronJob(
        c ->
            c.at("status", "active").size() == 1
                && !c.at("status", "active").toString().contains(first.uid()));
    cluster.awaitEvent(namespace, "tick", "SuccessfulDelete: Deleted job " + first.name());
  }

  @Test
  void suspend_thenResume_startsOnlyTheLatestTime() {
    cronJob("suspend: true");
    minutes(3);
    assertThat(jobs()).isEmpty();
    KubeObject resumed =
        cluster.change(Resources.CRON_JOBS, namespace, "tick", "{spec: {suspend: false}}");
    assertThat(resumed.at("status").path("lastScheduleTime").isMissingNode()).isTrue();
    awaitCronJob(c -> c.at("status", "active").size() == 1);
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void history_moreFinishedThanTheLimit_oldestGo() {
    cronJob("successfulJobsHistoryLimit: 1\n  failedJobsHistoryLimit: 0");
    minutes(1);
    await().until(() -> jobs().size() == 1);
    KubeObject first = jobs().getFirst();
    awaitCronJob(c -> c.at("status", "active").size() == 1);
    finish(first, "Complete");
    minutes(1);
    await().until(() -> jobs().size() == 2);
    KubeObject second = jobs().getLast();
    finish(second, "Complete");
    cluster.awaitGone(Resources.JOBS, namespace, first.name());
    minutes(1);
    await().until(() -> jobs().size() == 2);
    KubeObject third = jobs().getLast();
    finish(third, "Failed");
    cluster.awaitGone(Resources.JOBS, namespace, third.name());
    assertThat(jobs()).extracting(KubeObject::name).containsExactly(second.name());
  }

  @Test
  void scheduleChanged_pastTimesOfTheNewOne_areNobodys() {
    KubeObject changed = cronJob("suspend: false");
    changed =
        cluster.change(Resources.CRON_JOBS, namespace, "tick", "{spec: {schedule: '0 0 31 12 *'}}");
    cluster.awaitSeen(Resources.CRON_JOBS, changed);
    minutes(5);
    changed =
        cluster.change(Resources.CRON_JOBS, namespace, "tick", "{spec: {schedule: '* * * * *'}}");
    cluster.awaitSeen(Resources.CRON_JOBS, changed);
    minutes(1);
    await().until(() -> jobs().size() == 1);
    assertThat(jobs().getFirst().name()).isEqualTo("tick-" + clock.instant().getEpochSecond() / 60);
  }

  @Test
  void jobOfTheSameName_ofAnother_isLeftAlone() {
    long next = clock.instant().getEpochSecond() / 60 + 1;
    KubeObject foreign =
        cluster.apply(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: tick-%d, namespace: %s}
            spec:
              suspend: true
              template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}
            """
                .formatted(next, namespace));
    cronJob("concurrencyPolicy: Forbid");
    minutes(2);
    await().until(() -> jobs().size() == 2);
    KubeObject own = awaitCronJob(c -> c.at("status", "active").size() == 1);
    assertThat(own.at("status", "active").toString()).doesNotContain(foreign.uid());
    assertThat(cluster.admin().get(Resources.JOBS, namespace, foreign.name()).controllerRef())
        .isNull();
  }

  @Test
  void restart_jobMadeButNotListed_isFoundAgainAndNotMadeTwice() throws Exception {
    KubeObject cron = cronJob("concurrencyPolicy: Allow");
    cluster.restartControllers(
        () -> {
          // as if the controller had died between the Job and the status
          clock.advance(Duration.ofMinutes(1));
          KubeObject unused =
              cluster.apply(
                  """
                  apiVersion: batch/v1
                  kind: Job
                  metadata:
                    name: tick-%d
                    namespace: %s
                    ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: tick, uid: %s, controller: true}]
                  spec:
                    template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}
                  """
                      .formatted(clock.instant().getEpochSecond() / 60, namespace, cron.uid()));
        });
    awaitCronJob(c -> c.at("status", "active").size() == 1);
    assertThat(jobs()).hasSize(1);
    cluster.awaitEvent(
        namespace,
        "tick",
        "UnexpectedJob: Saw a job that the controller did not create or forgot: "
            + jobs().getFirst().name());
  }

  @Test
  void deleted_itsJobs_goToo() {
    cronJob("concurrencyPolicy: Allow");
    minutes(1);
    await().until(() -> jobs().size() == 1);
    KubeObject unused =
        cluster
            .admin()
            .delete(Resources.CRON_JOBS, namespace, "tick", dev.coracle.api.DeleteOptions.DEFAULT);
    await().until(() -> jobs().isEmpty());
  }
}
