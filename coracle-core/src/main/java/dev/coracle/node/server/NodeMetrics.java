package dev.coracle.node.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.metrics.Exposition;
import dev.coracle.metrics.Metrics;
import dev.coracle.metrics.ProcessMetrics;
import dev.coracle.metrics.Samples;
import dev.coracle.node.runtime.ContainerStats;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * {@code /metrics} and {@code /metrics/cadvisor} of a node; made at the first scrape, read at each.
 */
final class NodeMetrics {

  private static final List<String> CONTAINER = List.of("container", "namespace", "pod");

  private final NodeServer.Pods pods;
  private final StatsSummary stats;

  NodeMetrics(NodeServer.Pods pods, StatsSummary stats) {
    this.pods = pods;
    this.stats = stats;
  }

  byte[] node(Exposition format) {
    Metrics metrics = new Metrics();
    ProcessMetrics.add(metrics);
    metrics.gauges(
        "kubelet_running_pods",
        "[ALPHA] Pods with a sandbox that runs.",
        List.of(),
        samples ->
            samples.sample(
                pods.list().stream()
                    .filter(pod -> pods.sandbox(pod.namespace(), pod.name()) != null)
                    .count()));
    metrics.gauges(
        "kubelet_running_containers",
        "[ALPHA] Containers, by state.",
        List.of("container_state"),
        this::containerStates);
    metrics.gauges(
        "kubelet_desired_pods",
        "[ALPHA] Pods that should run here.",
        List.of("static"),
        samples -> samples.sample(pods.list().size(), ""));
    return format.write(metrics, family -> true);
  }

  private void containerStates(Samples samples) {
    int running = 0;
    int exited = 0;
    for (KubeObject pod : pods.list()) {
      for (JsonNode status : pod.at("status", "containerStatuses")) {
        if (status.path("state").has("running")) {
          running++;
        } else if (status.path("state").has("terminated")) {
          exited++;
        }
      }
    }
    samples.sample(exited, "exited");
    samples.sample(running, "running");
  }

  byte[] containers(Exposition format) {
    Metrics metrics = new Metrics();
    metrics.counted(
        "container_cpu_usage_seconds_total",
        "Processor time used.",
        CONTAINER,
        samples -> each(samples, stats -> stats.cpuNanoseconds() / 1e9));
    metrics.gauges(
        "container_memory_working_set_bytes",
        "Memory in use that is not easily given back.",
        CONTAINER,
        samples -> each(samples, ContainerStats::workingSetBytes));
    metrics.gauges(
        "container_memory_rss",
        "Resident memory.",
        CONTAINER,
        samples -> each(samples, ContainerStats::residentBytes));
    return format.write(metrics, family -> true);
  }

  private void each(Samples samples, ToDoubleFunction<ContainerStats> value) {
    for (KubeObject pod : pods.list()) {
      for (JsonNode container : pod.at("spec", "containers")) {
        String name = container.path("name").asText();
        ContainerStats used = stats.stats(pod, name);
        if (used != null) {
          samples.sample(value.applyAsDouble(used), name, pod.namespace(), pod.name());
        }
      }
    }
  }
}
