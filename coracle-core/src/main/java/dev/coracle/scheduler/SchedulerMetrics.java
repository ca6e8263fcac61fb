package dev.coracle.scheduler;

import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import java.util.List;
import java.util.Map;

/** The {@code scheduler_*} metrics. */
final class SchedulerMetrics {

  private final Counter scheduled;
  private final Counter unschedulable;
  private final Counter error;
  private final Histogram scheduledTime;
  private final Histogram unschedulableTime;
  private final Histogram errorTime;

  SchedulerMetrics(Metrics metrics, String profile, SchedulingQueue queue) {
    Family.Counters attempts =
        metrics.counters(
            "scheduler_schedule_attempts_total",
            "[STABLE] Attempts to find a node for a Pod, by result.",
            "profile",
            "result");
    scheduled = attempts.of(profile, "scheduled");
    unschedulable = attempts.of(profile, "unschedulable");
    error = attempts.of(profile, "error");
    Family.Histograms times =
        metrics.histograms(
            "scheduler_scheduling_attempt_duration_seconds",
            "[STABLE] Time of attempts to find a node for a Pod, by result.",
            Histogram.exponential(0.001, 2, 15),
            "profile",
            "result");
    scheduledTime = times.of(profile, "scheduled");
    unschedulableTime = times.of(profile, "unschedulable");
    errorTime = times.of(profile, "error");
    metrics.gauges(
        "scheduler_pending_pods",
        "[STABLE] Pods without a node, by the queue in which they wait.",
        List.of("queue"),
        samples -> {
          Map<SchedulingQueue.Place, Integer> counts = queue.counts();
          int active =
              counts.getOrDefault(SchedulingQueue.Place.READY, 0)
                  + counts.getOrDefault(SchedulingQueue.Place.IN_CYCLE, 0);
          int all = counts.values().stream().mapToInt(Integer::intValue).sum();
          int backoff = counts.getOrDefault(SchedulingQueue.Place.BACKING_OFF, 0);
          samples.sample(active, "active");
          samples.sample(backoff, "backoff");
          samples.sample(all - active - backoff, "unschedulable");
        });
  }

  void decided(Decision decision, long nanos) {
    switch (decision) {
      case Decision.Node _ -> {
        scheduled.increment();
        scheduledTime.recordNanos(nanos);
      }
      case Decision.None _ -> {
        unschedulable.increment();
        unschedulableTime.recordNanos(nanos);
      }
    }
  }

  void failed(long nanos) {
    error.increment();
    errorTime.recordNanos(nanos);
  }
}
