package dev.coracle.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM wrote down of its stops ({@code -Xlog:gc,gc+cpu,safepoint}). A pause that takes much
 * longer than its processor time waited for a core: the load generator and others had them.
 */
final class PauseLog {

  private static final Pattern PAUSE =
      Pattern.compile("GC\\((\\d+)\\) Pause (.*?) [0-9]+M->.* ([0-9.]+)ms");
  private static final Pattern CPU =
      Pattern.compile("GC\\((\\d+)\\) User=([0-9.]+)s Sys=([0-9.]+)s");
  private static final Pattern STOP = Pattern.compile("Safepoint \"(\\w+)\".*Total: +([0-9]+) ns");

  private record Pause(String number, String kind, double milliseconds) {}

  private final Map<String, Double> cpu = new HashMap<>();
  private Pause longest = new Pause("", "none", 0);
  private int count;
  private double otherStop;

  private PauseLog() {}

  static PauseLog read(Path file) throws IOException {
    PauseLog log = new PauseLog();
    for (String line : Files.readAllLines(file)) {
      log.line(line);
    }
    return log;
  }

  private void line(String line) {
    Matcher pause = PAUSE.matcher(line);
    // What is asked for is ours: it is how the heap is measured.
    if (pause.find()
        && !pause.group(2).matches(".*(System.gc|Diagnostic Command|Heap Inspection).*")) {
      count++;
      double milliseconds = Double.parseDouble(pause.group(3));
      if (milliseconds > longest.milliseconds()) {
        longest = new Pause(pause.group(1), pause.group(2), milliseconds);
      }
    }
    Matcher used = CPU.matcher(line);
    if (used.find()) {
      double seconds = Double.parseDouble(used.group(2)) + Double.parseDouble(used.group(3));
      cpu.put(used.group(1), seconds * 1000);
    }
    Matcher stop = STOP.matcher(line);
    if (stop.find() && !stop.group(1).matches("G1.*|.*HeapInspection.*")) {
      otherStop = Math.max(otherStop, Double.parseDouble(stop.group(2)) / 1e6);
    }
  }

  /**
   * @param when it was
   */
  Result result(String when) {
    return new Result(
        "longest pause of the garbage collector " + when,
        longest.milliseconds(),
        String.format(
            Locale.ROOT,
            "%.0f ms (%.0f ms of processor time), the longest of %,d: %s; other stops: at most"
                + " %.0f ms",
            longest.milliseconds(),
            cpu.getOrDefault(longest.number(), 0.0),
            count,
            longest.kind(),
            otherStop),
        "<= 50 ms");
  }
}
