package dev.coracle.metrics;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The process's own metrics with the names that Prometheus clients have for them, from {@code
 * /proc}; and the Java runtime's, with Micrometer's names.
 */
public final class ProcessMetrics {

  private static final Path SELF = Path.of("/proc/self");
  private static final double TICKS = 100;
  private static final long PAGE = 4096;

  private ProcessMetrics() {}

  /** Adds them; they are read at each scrape. Where there is no {@code /proc} they are left out. */
  public static void add(Metrics metrics) {
    counted(metrics, "process_cpu_seconds_total", "Processor time used.", ProcessMetrics::cpu);
    gauge(
        metrics,
        "process_resident_memory_bytes",
        "Resident memory.",
        () -> Long.parseLong(words("statm")[1]) * PAGE);
    gauge(
        metrics,
        "process_virtual_memory_bytes",
        "Virtual memory.",
        () -> Long.parseLong(words("statm")[0]) * PAGE);
    gauge(metrics, "process_open_fds", "Open file descriptors.", ProcessMetrics::descriptors);
    gauge(
        metrics, "process_max_fds", "Most open file descriptors.", ProcessMetrics::mostDescriptors);
    gauge(
        metrics,
        "process_start_time_seconds",
        "When the process started, since the epoch.",
        () -> ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0);
    metrics.gauges(
        "jvm_memory_used_bytes",
        "Memory in use.",
        List.of("area"),
        samples -> memory(samples, MemoryUsage::getUsed));
    metrics.gauges(
        "jvm_memory_committed_bytes",
        "Memory taken from the system.",
        List.of("area"),
        samples -> memory(samples, MemoryUsage::getCommitted));
    metrics.gauges(
        "jvm_memory_max_bytes",
        "Most memory.",
        List.of("area"),
        samples -> memory(samples, MemoryUsage::getMax));
    metrics.gauges(
        "jvm_threads_live_threads",
        "Platform threads.",
        List.of(),
        samples -> samples.sample(ManagementFactory.getThreadMXBean().getThreadCount()));
    metrics.gauges(
        "jvm_classes_loaded_classes",
        "Loaded classes.",
        List.of(),
        samples -> samples.sample(ManagementFactory.getClassLoadingMXBean().getLoadedClassCount()));
    metrics.counted(
        "jvm_gc_collections_total",
        "Garbage collections.",
        List.of("gc"),
        samples ->
            collectors()
                .forEach(
                    collector ->
                        samples.sample(collector.getCollectionCount(), collector.getName())));
    metrics.counted(
        "jvm_gc_collection_seconds_total",
        "Time spent collecting garbage.",
        List.of("gc"),
        samples ->
            collectors()
                .forEach(
                    collector ->
                        samples.sample(
                            collector.getCollectionTime() / 1000.0, collector.getName())));
  }

  private interface Reading {
    double read() throws IOException;
  }

  private interface Part {
    long of(MemoryUsage usage);
  }

  private static void gauge(Metrics metrics, String name, String help, Reading reading) {
    metrics.gauges(name, help, List.of(), samples -> read(samples, reading));
  }

  private static void counted(Metrics metrics, String name, String help, Reading reading) {
    metrics.counted(name, help, List.of(), samples -> read(samples, reading));
  }

  private static void read(Samples samples, Reading reading) {
    try {
      samples.sample(reading.read());
    } catch (IOException e) {
      // no /proc here
    }
  }

  private static List<GarbageCollectorMXBean> collectors() {
    return ManagementFactory.getGarbageCollectorMXBeans();
  }

  private static void memory(Samples samples, Part part) {
    samples.sample(part.of(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage()), "heap");
    samples.sample(part.of(ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage()), "nonheap");
  }

  private static String[] words(String file) throws IOException {
    return Files.readString(SELF.resolve(file)).strip().split(" ", -1);
  }

  private static double cpu() throws IOException {
    String stat = Files.readString(SELF.resolve("stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
  }

  private static double descriptors() throws IOException {
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(SELF.resolve("fd"))) {
      for (Path _ : files) {
        count++;
      }
    }
    return count;
  }

  private static double mostDescriptors() throws IOException {
    for (String line : Files.readAllLines(SELF.resolve("limits"))) {
      if (line.startsWith("Max open files")) {
        return Double.parseDouble(line.substring("Max open files".length()).strip().split(" +")[0]);
      }
    }
    throw new IOException("no limit is known");
  }
}
