package dev.coracle.node.runtime.process;

import dev.coracle.node.runtime.ContainerResources;
import dev.coracle.node.runtime.ContainerStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control group of one container: one directory of version 2, or one in each hierarchy of
 * version 1 (kernel documentation, admin-guide/cgroup-v1 and cgroup-v2). What the host refuses is
 * left out.
 */
final class Cgroup {

  private static final Logger LOG = LoggerFactory.getLogger(Cgroup.class);

  /** Where control groups are mounted. */
  static final String ROOT = "/sys/fs/cgroup";

  private static final long CPU_PERIOD_MICROSECONDS = 100_000;
  private static final Duration LONGEST_REMOVAL = Duration.ofSeconds(2);

  private final boolean unified;
  final Map<String, Path> directories;

  /**
   * @param directories by controller; all the same in version 2
   */
  Cgroup(boolean unified, Map<String, Path> directories) {
    this.unified = unified;
    this.directories = Map.copyOf(directories);
  }

  /** Where a container sees its own group or groups, as under container runtimes. */
  Map<Path, String> mounts() {
    if (unified) {
      return Map.of(directories().getFirst(), ROOT);
    }
    Map<Path, String> mounts = new LinkedHashMap<>();
    directories.forEach((controller, path) -> mounts.put(path, ROOT + "/" + controller));
    return mounts;
  }

  List<Path> directories() {
    return List.copyOf(new LinkedHashSet<>(directories.values()));
  }

  private void write(String controller, String file, long value) {
    write(controller, file, Long.toString(value));
  }

  private void write(String controller, String file, String value) {
    Path directory = directories.get(controller);
    if (directory == null) {
      return;
    }
    try {
      Files.writeString(directory.resolve(file), value);
    } catch (IOException e) {
      LOG.debug("cgroup {}: {} not set to {}", directory, file, value, e);
    }
  }

  /** Sets limits and shares; may be called again. */
  void limit(ContainerResources resources) {
    long memory = resources.memoryLimit();
    long cpu = resources.cpuLimit();
    long quota = cpu > 0 ? Math.max(1000, cpu * CPU_PERIOD_MICROSECONDS / 1000) : 0;
    long request = resources.cpuRequest() > 0 ? resources.cpuRequest() : cpu;
    long shares = Math.clamp(request * 1024 / 1000, 2, 262_144);
    if (unified) {
      write("memory", "memory.max", memory > 0 ? Long.toString(memory) : "max");
      write("memory", "memory.swap.max", memory > 0 ? "0" : "max");
      write("memory", "memory.oom.group", "1");
      write("cpu", "cpu.max", (quota > 0 ? quota : "max") + " " + CPU_PERIOD_MICROSECONDS);
      write("cpu", "cpu.weight", Math.min(10_000, 1 + (shares - 2) * 9999 / 262_142));
      return;
    }
    // The limit with swap must never be below the one without: first or last, by the direction.
    write("memory", "memory.memsw.limit_in_bytes", memory > 0 ? memory : -1);
    write("memory", "memory.limit_in_bytes", memory > 0 ? memory : -1);
    write("memory", "memory.memsw.limit_in_bytes", memory > 0 ? memory : -1);
    write("cpu", "cpu.cfs_period_us", CPU_PERIOD_MICROSECONDS);
    write("cpu", "cpu.cfs_quota_us", quota > 0 ? quota : -1);
    write("cpu", "cpu.shares", shares);
  }

  /**
   * Says how early the kernel ends a process, and all that it will start, for want of memory.
   * Without rights it may only be made earlier.
   */
  static void score(int pid, int score) {
    try {
      Files.writeString(Path.of("/proc/" + pid + "/oom_score_adj"), Integer.toString(score));
    } catch (IOException e) {
      LOG.debug("process {}: oom_score_adj not set to {}", pid, score, e);
    }
  }

  /** Takes a process in, and all that it will start. */
  void add(int pid) {
    for (Path directory : directories()) {
      try {
        Files.writeString(directory.resolve("cgroup.procs"), Integer.toString(pid));
      } catch (IOException e) {
        LOG.debug("cgroup {}: process {} not taken in", directory, pid, e);
      }
    }
  }

  /** Whether the kernel killed one of its processes for want of memory. */
  boolean wasOutOfMemory() {
    Path directory = directories.get("memory");
    if (directory == null) {
      return false;
    }
    try {
      String file = unified ? "memory.events" : "memory.oom_control";
      return number(directory.resolve(file), "oom_kill") > 0;
    } catch (IOException e) {
      return false;
    }
  }

  ContainerStats stats(Instant now) throws IOException {
    Path memory = directory("memory");
    if (unified) {
      long used = Long.parseLong(Files.readString(memory.resolve("memory.current")).strip());
      Path stat = memory.resolve("memory.stat");
      return new ContainerStats(
          now,
          number(directory("cpu").resolve("cpu.stat"), "usage_usec") * 1000,
          used,
          Math.max(0, used - number(stat, "inactive_file")),
          number(stat, "anon"));
    }
    long used = Long.parseLong(Files.readString(memory.resolve("memory.usage_in_bytes")).strip());
    Path stat = memory.resolve("memory.stat");
    Path usage = directory("cpuacct").resolve("cpuacct.usage");
    return new ContainerStats(
        now,
        Long.parseLong(Files.readString(usage).strip()),
        used,
        Math.max(0, used - number(stat, "total_inactive_file")),
        number(stat, "total_rss"));
  }

  private Path directory(String controller) throws IOException {
    Path directory = directories.get(controller);
    if (directory == null) {
      throw new IOException("no " + controller + " controller");
    }
    return directory;
  }

  private static long number(Path file, String key) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(key + " ")) {
        return Long.parseLong(line.substring(key.length() + 1).strip());
      }
    }
    return 0;
  }

  void remove() {
    remove(directories());
  }

  /** Removes groups whose last processes are about to be gone. */
  static void remove(List<Path> directories) {
    long deadline = System.nanoTime() + LONGEST_REMOVAL.toNanos();
    List<Path> left = new ArrayList<>(directories);
    try {
      while (true) {
        left.removeIf(Cgroup::removed);
        if (left.isEmpty() || System.nanoTime() > deadline) {
          return;
        }
        Thread.sleep(5);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean removed(Path directory) {
    try {
      return Files.deleteIfExists(directory) || !Files.exists(directory);
    } catch (IOException e) {
      return false;
    }
  }
}
