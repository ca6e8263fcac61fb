package dev.coracle.client;

import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code workqueue_*} metrics of one queue. As in client-go, whoever makes a process says once
 * where its queues are counted ({@link #countIn}); queues that were made before, or without a name,
 * are not.
 */
final class QueueMetrics {

  private static final double[] DURATIONS = Histogram.exponential(1e-8, 10, 10);

  /** All queues that are shown by one Metrics. */
  private static final class Shown {
    private final Metrics metrics;
    private final Map<String, WorkQueue<?>> queues = new HashMap<>();

    Shown(Metrics metrics) {
      this.metrics = metrics;
      metrics.gauges(
          "workqueue_depth",
          "[ALPHA] Keys that wait in a work queue.",
          List.of("name"),
          samples -> all().forEach((name, queue) -> samples.sample(queue.size(), name)));
      metrics.gauges(
          "workqueue_unfinished_work_seconds",
          "[ALPHA] How long keys that are being worked on have taken so far, together.",
          List.of("name"),
          samples ->
              all().forEach((name, queue) -> samples.sample(sum(queue.runningNanos()), name)));
      metrics.gauges(
          "workqueue_longest_running_processor_seconds",
          "[ALPHA] How long the key has taken so far that has taken longest.",
          List.of("name"),
          samples ->
              all()
                  .forEach(
                      (name, queue) ->
                          samples.sample(
                              queue.runningNanos().stream()
                                      .mapToLong(Long::longValue)
                                      .max()
                                      .orElse(0)
                                  / 1e9,
                              name)));
    }

    private static double sum(List<Long> nanos) {
      return nanos.stream().mapToLong(Long::longValue).sum() / 1e9;
    }

    private Map<String, WorkQueue<?>> all() {
      synchronized (queues) {
        return new HashMap<>(queues);
      }
    }
  }

  private static volatile @Nullable Shown shown;

  private final Counter adds;
  private final Counter retries;
  private final Histogram waited;
  private final Histogram worked;

  private QueueMetrics(Metrics metrics, String name) {
    adds = counters(metrics, "workqueue_adds_total", "[ALPHA] Keys added.").of(name);
    retries =
        counters(metrics, "workqueue_retries_total", "[ALPHA] Keys added again after a failure.")
            .of(name);
    waited =
        metrics
            .histograms(
                "workqueue_queue_duration_seconds",
                "[ALPHA] How long keys wait.",
                DURATIONS,
                "name")
            .of(name);
    worked =
        metrics
            .histograms(
                "workqueue_work_duration_seconds",
                "[ALPHA] How long keys are worked on.",
                DURATIONS,
                "name")
            .of(name);
  }

  private static Family.Counters counters(Metrics metrics, String name, String help) {
    return metrics.counters(name, help, "name");
  }

  static void countIn(@Nullable Metrics metrics) {
    shown = metrics == null ? null : new Shown(metrics);
  }

  static boolean countsIn(Metrics metrics) {
    Shown current = shown;
    return current != null && current.metrics == metrics;
  }

  /** What a queue of this name counts on; null when nothing is counted. */
  static @Nullable QueueMetrics of(String name, WorkQueue<?> queue) {
    Shown current = shown;
    if (current == null || name.isEmpty()) {
      return null;
    }
    synchronized (current.queues) {
      current.queues.put(name, queue);
    }
    return new QueueMetrics(current.metrics, name);
  }

  void added() {
    adds.increment();
  }

  void retried() {
    retries.increment();
  }

  void taken(long waitedNanos) {
    waited.recordNanos(waitedNanos);
  }

  void done(long workedNanos) {
    worked.recordNanos(workedNanos);
  }

  /** The ages of times. */
  static List<Long> ages(Map<?, Long> since) {
    long now = System.nanoTime();
    List<Long> ages = new ArrayList<>(since.size());
    since.values().forEach(began -> ages.add(now - began));
    return ages;
  }
}
