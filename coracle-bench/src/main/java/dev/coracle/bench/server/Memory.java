package dev.coracle.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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

  private static long read(long pid, String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new IOException("process " + pid + " has no " + field);
  }
}
