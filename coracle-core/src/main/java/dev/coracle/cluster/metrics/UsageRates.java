package dev.coracle.cluster.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Quantity;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Processor time per second, from two readings of what was used so far. The earlier one is that of
 * the question before; when that is too long ago, or did not know all containers, the answer waits
 * for a second reading.
 */
final class UsageRates {

  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Duration OLD = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(300);

  /**
   * What is used.
   *
   * @param window the time between the readings
   * @param nodes by name
   * @param containers by {@link #container}
   */
  record Rates(Duration window, Map<String, Usage> nodes, Map<String, Usage> containers) {}

  private record Reading(long cpuNanoseconds, long memoryBytes) {}

  private record Sample(
      long nanoTime, Map<String, Reading> nodes, Map<String, Reading> containers) {}

  private final List<Supplier<ObjectNode>> summaries;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Sample last;
  private @Nullable Rates rates;

  /**
   * @param summaries one for each node of this process, as a kubelet's {@code /stats/summary}
   */
  UsageRates(List<Supplier<ObjectNode>> summaries) {
    this.summaries = summaries;
  }

  static String container(String podUid, String name) {
    return podUid + "/" + name;
  }

  Rates read() {
    lock.lock();
    try {
      Sample before = last;
      Rates known = rates;
      Sample now = take();
      if (before != null
          && known != null
          && covers(before, now)
          && age(before, now) < nanos(FRESH)) {
        return known;
      }
      if (before == null || age(before, now) > nanos(OLD) || !covers(before, now)) {
        before = now;
        Thread.sleep(SHORT);
        now = take();
      }
      Rates read = rates(before, now);
      last = now;
      rates = read;
      return read;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Rates(Duration.ZERO, Map.of(), Map.of());
    } finally {
      lock.unlock();
    }
  }

  private static long nanos(Duration duration) {
    return duration.toNanos();
  }

  private static long age(Sample before, Sample now) {
    return now.nanoTime - before.nanoTime;
  }

  private static boolean covers(Sample before, Sample now) {
    return before.containers.keySet().containsAll(now.containers.keySet());
  }

  private Sample take() {
    Map<String, Reading> nodes = new HashMap<>();
    Map<String, Reading> containers = new HashMap<>();
    long nanoTime = System.nanoTime();
    for (Supplier<ObjectNode> source : summaries) {
      ObjectNode summary = source.get();
      nodes.put(summary.at("/node/nodeName").asText(), reading(summary.path("node")));
      for (JsonNode pod : summary.path("pods")) {
        String uid = pod.at("/podRef/uid").asText();
        for (JsonNode each : pod.path("containers")) {
          containers.put(container(uid, each.path("name").asText()), reading(each));
        }
      }
    }
    return new Sample(nanoTime, nodes, containers);
  }

  private static Reading reading(JsonNode stats) {
    return new Reading(
        stats.at("/cpu/usageCoreNanoSeconds").asLong(),
        stats.at("/memory/workingSetBytes").asLong());
  }

  private static Rates rates(Sample before, Sample now) {
    long nanos = Math.max(1, age(before, now));
    return new Rates(
        Duration.ofNanos(nanos),
        rates(before.nodes, now.nodes, nanos),
        rates(before.containers, now.containers, nanos));
  }

  /** A container that was started again has used less than before: then all of it is new. */
  private static Map<String, Usage> rates(
      Map<String, Reading> before, Map<String, Reading> now, long nanos) {
    Map<String, Usage> usages = new HashMap<>();
    now.forEach(
        (key, reading) -> {
          Reading earlier = before.get(key);
          if (earlier == null) {
            return;
          }
          long used = reading.cpuNanoseconds - earlier.cpuNanoseconds;
          double cores = (double) (used < 0 ? reading.cpuNanoseconds : used) / nanos;
          BigDecimal nanoCores = BigDecimal.valueOf((long) (cores * 1e9), 9);
          usages.put(
              key,
              new Usage(
                  Quantity.of(nanoCores, Quantity.Format.DECIMAL_SI),
                  Quantity.bytes(reading.memoryBytes)));
        });
    return usages;
  }
}
