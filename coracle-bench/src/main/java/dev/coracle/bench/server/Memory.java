package dev.coracle.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Linux says of a process's memory. */
final class Memory {

  private Memory() {}

  /** Resident, in MB. */
  static long resident(long pid) throws IOException {
    return read(pid, "VmRSS:");
  }

  /** The most that was ever resident, in MB. */
  static long highest(long pid) throws IOException {
    return read(pid, "VmHWM:");
  }

  /** The bytes of a JVM's heap that are in use after a collection. */
  static long heap(long pid) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    String process = String.valueOf(pid);
    // Twice: the first clears what the second can then free.
    Shell.run(Map.of(), List.of(jcmd, process, "GC.run"));
    Shell.run(Map.of(), List.of(jcmd, process, "GC.run"));
    Matcher used =
        Pattern.compile("used (\\d+)K")
            .matcher(Shell.run(Map.of(), List.of(jcmd, process, "GC.heap_info")));
    if (!used.find()) {
      throw new IOException("process " + pid + " does not tell its heap");
    }
    return Long.parseLong(used.group(1)) * 1024;
  }

  private static long read(long pid, String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new IOException("process " + pid + " has no " + field);
  }
}
