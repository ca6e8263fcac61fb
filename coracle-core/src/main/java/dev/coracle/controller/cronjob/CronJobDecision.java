package dev.coracle.controller.cronjob;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.Conditions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether a CronJob starts a Job now, and which of its Jobs are too many. Pure. */
final class CronJobDecision {

  /** So many missed times are worth a warning. */
  private static final int MANY_MISSED = 100;

  /** Clocks that differ by less than this agree on what is due. */
  private static final Duration SLACK = Duration.ofMillis(100);

  private static final DateTimeFormatter RFC_1123 =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss Z", Locale.ENGLISH);

  /** An event to tell. */
  record News(boolean warning, String reason, String message) {}

  /**
   * What to do.
   *
   * @param start the scheduled time of the Job to start; null for none
   * @param replace whether the Jobs that still run make room for it
   * @param untilNext time until the next scheduled one; null when there is none, or nobody knows
   */
  record Plan(
      List<News> news, @Nullable Instant start, boolean replace, @Nullable Duration untilNext) {}

  private CronJobDecision() {}

  /** The condition by which a Job is finished; null while it runs. */
  static @Nullable String finishedType(KubeObject job) {
    for (String type : new String[] {"Complete", "Failed"}) {
      if (Conditions.isTrue(job.at("status", "conditions"), type)) {
        return type;
      }
    }
    return null;
  }

  /** The name of the Job of a scheduled time: the same however often it is tried. */
  static String jobName(KubeObject cronJob, Instant time) {
    return cronJob.name() + "-" + time.getEpochSecond() / 60;
  }

  /** The finished Jobs of a kind beyond a limit, those that started first. */
  static List<KubeObject> surplus(List<KubeObject> jobs, String finishedType, JsonNode limit) {
    if (!limit.isNumber()) {
      return List.of();
    }
    List<KubeObject> finished =
        jobs.stream()
            .filter(job -> !job.isDeleting() && finishedType.equals(finishedType(job)))
            .sorted(
                Comparator.comparing((KubeObject job) -> job.text("status", "startTime"))
                    .thenComparing(KubeObject::name))
            .toList();
    return finished.subList(0, Math.max(0, finished.size() - limit.asInt()));
  }

  /**
   * The time zone that a schedule is read in.
   *
   * @throws DateTimeException when there is none of that name
   */
  static ZoneId zone(KubeObject cronJob) {
    String name = cronJob.text("spec", "timeZone");
    return name.isEmpty() ? ZoneOffset.UTC : ZoneId.of(name);
  }

  /**
   * How long until the next scheduled time after now, or null.
   *
   * @throws IllegalArgumentException when the schedule cannot be read
   * @throws DateTimeException when its time zone is none
   */
  static @Nullable Duration untilNext(KubeObject cronJob, Instant now) {
    return untilNext(schedule(cronJob), now);
  }

  private static CronSchedule schedule(KubeObject cronJob) {
    return CronSchedule.parse(cronJob.text("spec", "schedule"), zone(cronJob));
  }

  private static @Nullable Duration untilNext(CronSchedule schedule, Instant now) {
    Instant next = schedule.next(now);
    return next == null ? null : Duration.between(now, next).plus(SLACK);
  }

  /**
   * @param active names of the Jobs that still run
   * @param lastScheduled {@code status.lastScheduleTime}
   */
  static Plan plan(
      KubeObject cronJob, Set<String> active, @Nullable Instant lastScheduled, Instant now) {
    if (cronJob.isDeleting()) {
      return nothing();
    }
    try {
      ZoneId unused = zone(cronJob);
    } catch (DateTimeException e) {
      String zone = cronJob.text("spec", "timeZone");
      return nothing(
          new News(
              true,
              "UnknownTimeZone",
              "invalid timeZone: \"%s\": unknown time zone %s".formatted(zone, zone)));
    }
    if (cronJob.at("spec", "suspend").asBoolean()) {
      return nothing();
    }
    CronSchedule schedule;
    try {
      schedule = schedule(cronJob);
    } catch (IllegalArgumentException e) {
      return nothing(
          new News(
              true,
              "UnparseableSchedule",
              "unparseable schedule: \"%s\" : %s"
                  .formatted(cronJob.text("spec", "schedule"), e.getMessage())));
    }
    return plan(cronJob, schedule, active, lastScheduled, now);
  }

  private static Plan nothing(News... news) {
    return new Plan(List.of(news), null, false, null);
  }

  private static Plan plan(
      KubeObject cronJob,
      CronSchedule schedule,
      Set<String> active,
      @Nullable Instant lastScheduled,
      Instant now) {
    List<News> news = new ArrayList<>();
    Plan wait = new Plan(news, null, false, untilNext(schedule, now));
    Instant since =
        lastScheduled != null ? lastScheduled : Timestamps.parse(cronJob.creationTimestamp());
    if (since == null) {
      return wait;
    }
    JsonNode deadline = cronJob.at("spec", "startingDeadlineSeconds");
    if (deadline.isNumber() && now.minusSeconds(deadline.asLong()).isAfter(since)) {
      since = now.minusSeconds(deadline.asLong());
    }
    CronSchedule.Due due = schedule.due(since, now);
    Instant time = due.time();
    if (time == null) {
      return wait;
    }
    if (due.missed() > MANY_MISSED) {
      news.add(
          new News(
              true,
              "TooManyMissedTimes",
              "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check"
                  + " clock skew"));
    }
    if (deadline.isNumber() && time.plusSeconds(deadline.asLong()).isBefore(now)) {
      news.add(
          new News(
              true,
              "MissSchedule",
              "Missed scheduled time to start a job: "
                  + RFC_1123.format(time.atOffset(ZoneOffset.UTC))));
      return wait;
    }
    if (active.contains(jobName(cronJob, time)) || time.equals(lastScheduled)) {
      return wait;
    }
    String policy = cronJob.text("spec", "concurrencyPolicy");
    if (policy.equals("Forbid") && !active.isEmpty()) {
      news.add(
          new News(
              false,
              "JobAlreadyActive",
              "Not starting job because prior execution is running and concurrency policy is"
                  + " Forbid"));
      return wait;
    }
    return new Plan(news, time, policy.equals("Replace"), wait.untilNext());
  }
}
