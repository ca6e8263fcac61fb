package dev.coracle.bench;

import dev.coracle.bench.micro.Micro;
import dev.coracle.bench.server.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rows of a run: printed as they come, written as a page at the end. */
final class Report {

  private static final String METHOD =
      """
      # Performance

      Written by `%s` on %s: %d cores, load generator on the same machine, Linux %s, JDK %s. Loads of many equal requests come
      from h2load, which others wrote (8 connections, 16 streams each, where the row doesn't say otherwise); loads whose requests
      depend on answers, and watches, from our own HTTP/2 client. A rate is the best of several runs, the first of which warm the server up.
      Where a row is behind what is asked, [profile.md](profile.md) says where the time goes.

      """;

  private final List<Result> own = new ArrayList<>();
  private final Map<String, Result> other = new LinkedHashMap<>();
  private List<Micro.Line> micro = List.of();

  void own(Result result) {
    own.add(result);
    print(result);
  }

  void other(Result result) {
    other.put(result.work(), result);
    print(result);
  }

  void micro(List<Micro.Line> lines) {
    micro = lines;
    lines.forEach(line -> System.out.printf(Locale.ROOT, "%-70s %s%n", line.name(), line.figure()));
  }

  private static void print(Result result) {
    System.out.printf(
        Locale.ROOT, "%-78s %-44s %s%n", result.work(), result.figure(), result.target());
  }

  /**
   * @param command that made it
   */
  void write(Path file, String command) throws IOException {
    StringBuilder text =
        new StringBuilder(
            METHOD.formatted(
                command,
                LocalDate.now(ZoneOffset.UTC),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.version"),
                Runtime.version()));
    boolean compared = !other.isEmpty();
    text.append("| work | measured | to reach | by |")
        .append(compared ? " other server | ratio |" : "");
    text.append("\n|---|---|---|---|").append(compared ? "---|---|" : "").append('\n');
    for (Result result : own) {
      text.append(
          "| %s | %s | %s | %s |"
              .formatted(result.work(), result.figure(), result.target(), result.by()));
      Result second = other.get(result.work());
      if (second != null) {
        text.append(
            String.format(
                Locale.ROOT, " %s | %.1f |", second.figure(), result.number() / second.number()));
      } else if (compared) {
        text.append("  |  |");
      }
      text.append('\n');
    }
    text.append(
        """

        ![Throughput against concurrency](plots/rate-by-concurrency.svg)
        ![Latency against concurrency](plots/latency-by-concurrency.svg)
        ![Rate against the number of objects](plots/rate-by-objects.svg)
        ![Memory against the number of objects](plots/memory-by-objects.svg)

        ## Below HTTP (JMH)

        | benchmark | measured |
        |---|---|
        """);
    micro.forEach(line -> text.append("| %s | %s |\n".formatted(line.name(), line.figure())));
    Files.writeString(file, text);
    System.out.println("written: " + file);
  }
}
