package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import dev.coracle.client.quota.PodResources;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * How many replicas a metric asks for. Pure. Pods that are not ready, or of which nothing is known,
 * are taken to use what slows the change down.
 */
final class ReplicaCalculator {

  private static final Duration CPU_INITIALIZATION = Duration.ofMinutes(5);
  private static final Duration INITIAL_READINESS = Duration.ofSeconds(30);

  /**
   * What a Pod uses.
   *
   * @param value in thousandths
   */
  record PodMetric(long value, Instant timestamp, Duration window) {}

  /**
   * A count.
   *
   * @param utilization percent of what is requested; -1 when the target is an amount
   * @param usage of a Pod on the average, in thousandths
   */
  record Proposal(int replicas, int utilization, long usage) {}

  /** How far a ratio may be from 1 without a change. */
  record Tolerances(double down, double up) {
    static final double USUAL = 0.1;

    boolean covers(double ratio) {
      return 1 - down <= ratio && ratio <= 1 + up;
    }
  }

  private final List<KubeObject> pods;
  private final int current;
  private final Tolerances tolerances;
  private final Instant now;
  private final Set<String> unready = new java.util.HashSet<>();
  private final Set<String> missing = new java.util.HashSet<>();
  private int ready;

  /**
   * @param pods all that the target's selector matches
   * @param current the replica count that the target has
   */
  ReplicaCalculator(List<KubeObject> pods, int current, Tolerances tolerances, Instant now) {
    this.pods = pods;
    this.current = current;
    this.tolerances = tolerances;
    this.now = now;
  }

  /**
   * For a target in percent of what is requested.
   *
   * @param container empty for all of them
   */
  Proposal utilization(Map<String, PodMetric> read, String resource, String container, int target)
      throws MetricsFailure {
    Map<String, Long> metrics = group(read, resource);
    Map<String, Long> requests = requests(resource, container);
    long used = 0;
    long requested = 0;
    int known = 0;
    for (Map.Entry<String, Long> metric : metrics.entrySet()) {
      Long request = requests.get(metric.getKey());
      if (request != null) {
        used += metric.getValue();
        requested += request;
        known++;
      }
    }
    if (requested == 0) {
      throw new MetricsFailure("no metrics returned matched known pods");
    }
    int utilization = (int) (used * 100 / requested);
    long average = used / known;
    int count =
        replicas(
            metrics,
            name -> requests.getOrDefault(name, 0L) * Math.max(100, target) / 100,
            values -> {
              long all = 0;
              long wanted = 0;
              for (Map.Entry<String, Long> metric : values.entrySet()) {
                Long request = requests.get(metric.getKey());
                all += request == null ? 0 : metric.getValue();
                wanted += request == null ? 0 : request;
              }
              return wanted == 0 ? 1 : (double) (int) (all * 100 / wanted) / target;
            });
    return new Proposal(count, utilization, average);
  }

  /**
   * For a target that is an amount.
   *
   * @param resource empty for other metrics
   * @param target of a Pod on the average, in thousandths
   */
  Proposal average(Map<String, PodMetric> read, String resource, long target)
      throws MetricsFailure {
    Map<String, Long> metrics = group(read, resource);
    long average = sum(metrics) / metrics.size();
    int count =
        replicas(
            metrics, name -> target, values -> (double) (sum(values) / values.size()) / target);
    return new Proposal(count, -1, average);
  }

  /** For a value that is not of Pods: as many times more as the ratio says. */
  int ofRatio(double ratio) throws MetricsFailure {
    if (current == 0) {
      return atMost(Math.ceil(ratio));
    }
    if (tolerances.covers(ratio)) {
      return current;
    }
    if (pods.isEmpty()) {
      throw new MetricsFailure(
          "unable to calculate ready pods: no pods returned by selector while calculating replica"
              + " count");
    }
    long running =
        pods.stream().filter(pod -> Pods.phase(pod).equals("Running") && Pods.isReady(pod)).count();
    return atMost(Math.ceil(ratio * running));
  }

  /**
   * For a value that all Pods share: as many as it takes at so much for each.
   *
   * @param value in thousandths
   * @param target for each Pod, in thousandths
   * @param running how many Pods there are
   */
  Proposal shared(long value, long target, int running) {
    double ratio = value / ((double) target * running);
    int count = tolerances.covers(ratio) ? running : atMost(Math.ceil((double) value / target));
    long average =
        value == Long.MAX_VALUE ? Long.MAX_VALUE : (long) Math.ceil((double) value / running);
    return new Proposal(count, -1, average);
  }

  private static int atMost(double count) {
    return count > Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) count;
  }

  private static long sum(Map<String, Long> metrics) {
    return metrics.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What a missing Pod is taken to use when the count goes down. */
  private interface Fallback {
    long of(String pod);
  }

  private int replicas(
      Map<String, Long> metrics, Fallback fallback, ToDoubleFunction<Map<String, Long>> ratioOf) {
    double ratio = ratioOf.applyAsDouble(metrics);
    boolean upWithUnready = !unready.isEmpty() && ratio > 1;
    if (!upWithUnready && missing.isEmpty()) {
      return tolerances.covers(ratio) ? current : atMost(Math.ceil(ratio * ready));
    }
    Map<String, Long> assumed = new HashMap<>(metrics);
    for (String name : missing) {
      if (ratio < 1) {
        assumed.put(name, fallback.of(name));
      } else if (ratio > 1) {
        assumed.put(name, 0L);
      }
    }
    if (upWithUnready) {
      unready.forEach(name -> assumed.put(name, 0L));
    }
    double then = ratioOf.applyAsDouble(assumed);
    if (tolerances.covers(then) || (ratio < 1 && then > 1) || (ratio > 1 && then < 1)) {
      return current;
    }
    int count = atMost(Math.ceil(then * assumed.size()));
    return (then < 1 && count > current) || (then > 1 && count < current) ? current : count;
  }

  /** The metrics of Pods that count, in thousandths. */
  private Map<String, Long> group(Map<String, PodMetric> read, String resource)
      throws MetricsFailure {
    if (pods.isEmpty()) {
      throw new MetricsFailure("no pods returned by selector while calculating replica count");
    }
    Map<String, Long> metrics = new HashMap<>();
    read.forEach((name, metric) -> metrics.put(name, metric.value()));
    for (KubeObject pod : pods) {
      String name = pod.name();
      PodMetric metric = read.get(name);
      String phase = Pods.phase(pod);
      if (pod.isDeleting() || phase.equals("Failed")) {
        metrics.remove(name);
      } else if (phase.equals("Pending")) {
        unready.add(name);
        metrics.remove(name);
      } else if (metric == null) {
        missing.add(name);
      } else if (resource.equals("cpu") && isUnready(pod, metric)) {
        unready.add(name);
        metrics.remove(name);
      } else {
        ready++;
      }
    }
    if (metrics.isEmpty()) {
      throw new MetricsFailure("did not receive metrics for targeted pods (pods might be unready)");
    }
    return metrics;
  }

  /** What a Pod needs to start says little about what it needs to work. */
  private boolean isUnready(KubeObject pod, PodMetric metric) {
    JsonNode condition = Conditions.find(pod.at("status", "conditions"), "Ready");
    Instant started = Timestamps.parse(pod.text("status", "startTime"));
    if (condition == null || started == null) {
      return true;
    }
    Instant changed = Timestamps.parse(condition.path("lastTransitionTime").asText());
    Instant since = changed == null ? Instant.EPOCH : changed;
    boolean notReady = condition.path("status").asText().equals("False");
    if (started.plus(CPU_INITIALIZATION).isAfter(now)) {
      return notReady || metric.timestamp().isBefore(since.plus(metric.window()));
    }
    return notReady && started.plus(INITIAL_READINESS).isAfter(since);
  }

  private Map<String, Long> requests(String resource, String container) throws MetricsFailure {
    Map<String, Long> requests = new HashMap<>();
    for (KubeObject pod : pods) {
      JsonNode ofPod = pod.at("spec", "resources", "requests");
      if (container.isEmpty() && ofPod.size() > 0) {
        Quantity request = PodResources.requests(pod.at("spec")).get(resource);
        if (request == null) {
          throw new MetricsFailure(
              "missing pod-level request for " + resource + " in Pod " + pod.name());
        }
        requests.put(pod.name(), request.milliValue());
      } else {
        requests.put(pod.name(), ofContainers(pod, resource, container));
      }
    }
    return requests;
  }

  private static long ofContainers(KubeObject pod, String resource, String container)
      throws MetricsFailure {
    List<JsonNode> containers = new ArrayList<>();
    pod.at("spec", "containers").forEach(containers::add);
    for (JsonNode each : pod.at("spec", "initContainers")) {
      if (each.path("restartPolicy").asText().equals("Always")) {
        containers.add(each);
      }
    }
    long sum = 0;
    boolean found = container.isEmpty();
    for (JsonNode each : containers) {
      String name = each.path("name").asText();
      if (!container.isEmpty() && !container.equals(name)) {
        continue;
      }
      found = true;
      JsonNode request = each.path("resources").path("requests").path(resource);
      if (request.isMissingNode()) {
        throw new MetricsFailure(
            "missing request for " + resource + " in container " + name + " of Pod " + pod.name());
      }
      sum += Quantity.of(request).milliValue();
    }
    if (!found) {
      throw new MetricsFailure("container " + container + " not found in Pod " + pod.name());
    }
    return sum;
  }
}
