package dev.coracle.scheduler;

import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import dev.coracle.scheduler.queue.SchedulingQueue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The {@code scheduler_*} metrics. */
final class SchedulerMetrics {

  /** Attempts of one kind, and how long they took. */
  private record Cell(Counter count, Histogram time) {
    void record(long nanos) {
      count.increment();
      time.recordNanos(nanos);
    }
  }

  private final Map<String, Cell> scheduled = new HashMap<>();
  private final Map<String, Cell> unschedulable = new HashMap<>();
  private final Counter errors;
  private final Counter preemptions;
  private final Histogram victims;

  SchedulerMetrics(Metrics metrics, Iterable<String> profiles, SchedulingQueue queue) {
    Family.Counters attempts =
        metrics.counters(
            "scheduler_schedule_attempts_total",
            "[STABLE] Attempts to find a node for a Pod, by result.",
            "profile",
            "result");
    Family.Histograms times =
        metrics.histograms(
            "scheduler_scheduling_attempt_duration_seconds",
            "[STABLE] Time of attempts to find a node for a Pod, by result.",
            Histogram.exponential(0.001, 2, 15),
            "profile",
            "result");
    String first = "";
    for (String profile : profiles) {
      first = first.isEmpty() ? profile : first;
      scheduled.put(
          profile, new Cell(attempts.of(profile, "scheduled"), times.of(profile, "scheduled")));
      unschedulable.put(
          profile,
          new Cell(attempts.of(profile, "unschedulable"), times.of(profile, "unschedulable")));
    }
    errors = attempts.of(first, "error");
    preemptions =
        metrics
            .counters(
                "scheduler_preemption_attempts_total",
                "[STABLE] Attempts to make room for a Pod by ending others.")
            .of();
    victims =
        metrics
            .histograms(
                "scheduler_preemption_victims",
                "[STABLE] Pods that had to end for another.",
                Histogram.exponential(1, 2, 7))
            .of();
    metrics.gauges(
        "scheduler_pending_pods",
        "[STABLE] Pods without a node, by the queue in which they wait.",
        List.of("queue"),
        samples -> {
          Map<SchedulingQueue.Place, Integer> counts = queue.counts();
          samples.sample(
              counts.getOrDefault(SchedulingQueue.Place.READY, 0)
                  + counts.getOrDefault(SchedulingQueue.Place.IN_CYCLE, 0),
              "active");
          samples.sample(counts.getOrDefault(SchedulingQueue.Place.BACKING_OFF, 0), "backoff");
          samples.sample(counts.getOrDefault(SchedulingQueue.Place.GATED, 0), "gated");
          samples.sample(
              counts.getOrDefault(SchedulingQueue.Place.UNSCHEDULABLE, 0), "unschedulable");
        });
  }

  void scheduled(String profile, long nanos) {
    record(scheduled, profile, nanos);
  }

  void unschedulable(String profile, long nanos) {
    record(unschedulable, profile, nanos);
  }

  private static void record(Map<String, Cell> cells, String profile, long nanos) {
    Cell cell = cells.get(profile);
    if (cell != null) {
      cell.record(nanos);
    }
  }

  void failed() {
    errors.increment();
  }

  void preemptionAttempted() {
    preemptions.increment();
  }

  void preempted(int count) {
    victims.record(count);
  }
}
