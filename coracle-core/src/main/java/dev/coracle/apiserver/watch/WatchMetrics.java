package dev.coracle.apiserver.watch;

import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Histogram;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.ResourceType;

/** What goes out to watchers. */
public final class WatchMetrics {

  private final Family.Counters events;
  private final Family.Histograms sizes;

  public WatchMetrics(Metrics metrics) {
    events =
        metrics.counters(
            "apiserver_watch_events_total",
            "[ALPHA] Events sent to watch clients.",
            "group",
            "version",
            "resource");
    sizes =
        metrics.histograms(
            "apiserver_watch_events_sizes",
            "[ALPHA] Bytes of events sent to watch clients.",
            Histogram.exponential(1024, 2, 8),
            "group",
            "version",
            "resource");
  }

  /** What one watch counts on. */
  Cells of(ResourceType type) {
    return new Cells(
        events.of(type.group(), type.version(), type.plural()),
        sizes.of(type.group(), type.version(), type.plural()));
  }

  record Cells(Counter events, Histogram sizes) {
    void sent(int bytes) {
      events.increment();
      sizes.record(bytes);
    }
  }
}
