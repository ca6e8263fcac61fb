package dev.coracle.node.runtime.process;

import dev.coracle.node.runtime.ContainerStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** CPU and memory of a process and its waited-for children, from {@code /proc} (proc(5)). */
final class ProcessStats {

  private static final long TICK_NANOSECONDS = 10_000_000;

  private ProcessStats() {}

  static @Nullable ContainerStats read(int pid, Instant now) {
    try {
      long[] sum = new long[2];
      addTree(pid, sum);
      return new ContainerStats(now, sum[0], sum[1], sum[1], sum[1]);
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static void addTree(int pid, long[] sum) throws IOException {
    Path process = Path.of("/proc/" + pid);
    String stat = Files.readString(process.resolve("stat"));
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long ticks = 0;
    for (int i = 11; i <= 14; i++) {
      ticks += Long.parseLong(words[i]);
    }
    sum[0] += ticks * TICK_NANOSECONDS;
    sum[1] += Long.parseLong(words[21]) * 4096;
    Path children = process.resolve("task/" + pid + "/children");
    if (Files.exists(children)) {
      for (String child : Files.readString(children).strip().split(" ")) {
        if (!child.isEmpty()) {
          addTree(Integer.parseInt(child), sum);
        }
      }
    }
  }
}
