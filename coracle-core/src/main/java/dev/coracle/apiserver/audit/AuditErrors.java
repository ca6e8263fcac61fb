package dev.coracle.apiserver.audit;

import dev.coracle.metrics.Counter;
import dev.coracle.metrics.Family;
import dev.coracle.metrics.Metrics;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts events that got lost, by the plugin that lost them, and says so now and then. */
final class AuditErrors {

  private static final Logger LOG = LoggerFactory.getLogger(AuditErrors.class);
  private static final long SAY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Family.Counters counters;

  AuditErrors(Metrics metrics) {
    counters =
        metrics.counters(
            "apiserver_audit_error_total",
            "[ALPHA] Audit events that could not be kept.",
            "plugin");
  }

  Plugin of(String plugin) {
    return new Plugin(plugin, counters.of(plugin));
  }

  /** One plugin's losses. */
  static final class Plugin {
    private final String name;
    private final Counter counter;
    private final AtomicLong said = new AtomicLong(System.nanoTime() - SAY_AGAIN_NANOS);

    Plugin(String name, Counter counter) {
      this.name = name;
      this.counter = counter;
    }

    void lost(int events, String why) {
      counter.add(events);
      long now = System.nanoTime();
      long before = said.get();
      if (now - before >= SAY_AGAIN_NANOS && said.compareAndSet(before, now)) {
        LOG.error("audit plugin {}: {} event(s) lost: {}", name, events, why);
      }
    }
  }
}
