package dev.coracle.node.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.runtime.ContainerStats;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** CPU and memory of the node and its containers, in both forms that a kubelet serves. */
public final class StatsSummary {

  private static final long TICK_NANOSECONDS = 10_000_000;

  private final NodeConfig config;
  private final NodeServer.Pods pods;

  public StatsSummary(NodeConfig config, NodeServer.Pods pods) {
    this.config = config;
    this.pods = pods;
  }

  /** {@code /stats/summary}. */
  public ObjectNode summary() {
    Instant now = config.clock().instant();
    ObjectNode summary = Json.object();
    ObjectNode node = summary.putObject("node").put("nodeName", config.nodeName());
    Memory memory = Memory.read();
    put(node, memory.stats(now));
    node.withObject("/memory").put("availableBytes", memory.available);
    ArrayNode list = summary.putArray("pods");
    for (KubeObject pod : pods.list()) {
      ObjectNode entry = list.addObject();
      entry
          .putObject("podRef")
          .put("name", pod.name())
          .put("namespace", pod.namespace())
          .put("uid", pod.uid());
      ArrayNode containers = entry.putArray("containers");
      long cpu = 0;
      long usage = 0;
      long workingSet = 0;
      long resident = 0;
      for (JsonNode container : pod.at("spec", "containers")) {
        ContainerStats stats = stats(pod, container.path("name").asText());
        if (stats != null) {
          put(containers.addObject().put("name", container.path("name").asText()), stats);
          cpu += stats.cpuNanoseconds();
          usage += stats.usageBytes();
          workingSet += stats.workingSetBytes();
          resident += stats.residentBytes();
        }
      }
      put(entry, new ContainerStats(now, cpu, usage, workingSet, resident));
    }
    return summary;
  }

  /** What a container has used; null when it does not run. */
  @org.jspecify.annotations.Nullable
  ContainerStats stats(KubeObject pod, String name) {
    String id = pods.runningContainer(pod.namespace(), pod.name(), name);
    return id == null ? null : config.runtime().stats(id);
  }

  private static void put(ObjectNode target, ContainerStats stats) {
    String time = Timestamps.seconds(stats.time());
    target.putObject("cpu").put("time", time).put("usageCoreNanoSeconds", stats.cpuNanoseconds());
    target
        .putObject("memory")
        .put("time", time)
        .put("usageBytes", stats.usageBytes())
        .put("workingSetBytes", stats.workingSetBytes())
        .put("rssBytes", stats.residentBytes());
  }

  /** {@code /metrics/resource}, in Prometheus' text format. */
  String metrics() {
    long millis = config.clock().instant().toEpochMilli();
    StringBuilder text = new StringBuilder();
    type(text, "node_cpu_usage_seconds_total", "counter");
    line(text, "node_cpu_usage_seconds_total", "", seconds(nodeCpu()), millis);
    type(text, "node_memory_working_set_bytes", "gauge");
    line(
        text,
        "node_memory_working_set_bytes",
        "",
        String.valueOf(Memory.read().workingSet()),
        millis);
    StringBuilder cpu = new StringBuilder();
    StringBuilder memory = new StringBuilder();
    for (KubeObject pod : pods.list()) {
      for (JsonNode container : pod.at("spec", "containers")) {
        String name = container.path("name").asText();
        ContainerStats stats = stats(pod, name);
        if (stats != null) {
          String labels =
              String.format(
                  Locale.ROOT,
                  "{container=\"%s\",namespace=\"%s\",pod=\"%s\"}",
                  name,
                  pod.namespace(),
                  pod.name());
          line(
              cpu,
              "container_cpu_usage_seconds_total",
              labels,
              seconds(stats.cpuNanoseconds()),
              millis);
          line(
              memory,
              "container_memory_working_set_bytes",
              labels,
              String.valueOf(stats.workingSetBytes()),
              millis);
        }
      }
    }
    type(text, "container_cpu_usage_seconds_total", "counter");
    text.append(cpu);
    type(text, "container_memory_working_set_bytes", "gauge");
    text.append(memory);
    return text.toString();
  }

  private static void type(StringBuilder text, String name, String type) {
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private static void line(
      StringBuilder text, String name, String labels, String value, long millis) {
    text.append(name)
        .append(labels)
        .append(' ')
        .append(value)
        .append(' ')
        .append(millis)
        .append('\n');
  }

  private static String seconds(long nanoseconds) {
    return BigDecimal.valueOf(nanoseconds, 9).stripTrailingZeros().toPlainString();
  }

  private static long nodeCpu() {
    try {
      String[] words = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +");
      long ticks = 0;
      for (int i : new int[] {1, 2, 3, 6, 7, 8}) {
        ticks += Long.parseLong(words[i]);
      }
      return ticks * TICK_NANOSECONDS;
    } catch (IOException | RuntimeException e) {
      return 0;
    }
  }

  /** The machine's memory in bytes, as {@code /proc/meminfo} has it (proc(5)). */
  private record Memory(long total, long free, long available, long anonymous) {

    static Memory read() {
      long[] values = new long[4];
      List<String> names = List.of("MemTotal", "MemFree", "MemAvailable", "AnonPages");
      try {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
          int name = names.indexOf(line.substring(0, Math.max(0, line.indexOf(':'))));
          if (name >= 0) {
            values[name] = Long.parseLong(line.replaceAll("\\D", "")) * 1024;
          }
        }
      } catch (IOException e) {
        return new Memory(0, 0, 0, 0);
      }
      return new Memory(values[0], values[1], values[2], values[3]);
    }

    long workingSet() {
      return total - available;
    }

    ContainerStats stats(Instant now) {
      long usage = Math.max(total - free, workingSet());
      return new ContainerStats(now, nodeCpu(), usage, workingSet(), anonymous);
    }
  }
}
