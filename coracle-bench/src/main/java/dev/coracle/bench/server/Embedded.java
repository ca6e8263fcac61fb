package dev.coracle.bench.server;

import dev.coracle.bench.embedded.ManyClusters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs {@link ManyClusters} in a JVM of its own, with the flags that a test's JVM has: none. */
final class Embedded {

  private Embedded() {}

  private record Run(List<Long> ready, long megabytes) {}

  static void run(Consumer<Result> out) throws IOException, InterruptedException {
    Run warm = once("warm");
    out.accept(
        new Result(
            "a second cluster in a warm JVM, to node Ready",
            warm.ready().get(1),
            warm.ready().get(1)
                + " ms (the first, without an AOT cache, "
                + warm.ready().get(0)
                + " ms)",
            "<= 150 ms"));
    Run atOnce = once("at once");
    List<Long> later = new ArrayList<>(atOnce.ready().subList(1, atOnce.ready().size()));
    later.sort(null);
    out.accept(
        new Result(
            "further clusters, each right behind the one before",
            later.get(later.size() / 2),
            "the second, while the JVM compiles what the first made hot, "
                + atOnce.ready().get(1)
                + " ms, median of nine "
                + later.get(later.size() / 2)
                + " ms, fastest "
                + later.getFirst()
                + " ms",
            ""));
    out.accept(Result.megabytes("ten clusters in one JVM (RSS)", atOnce.megabytes(), "<= 400 MB"));
  }

  private static Run once(String how) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("coracle-bench-embedded");
    String output =
        Shell.run(
            Map.of(),
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ManyClusters.class.getName(),
                directory.toString(),
                how));
    List<Long> ready = new ArrayList<>();
    long memory = 0;
    for (String line : output.lines().toList()) {
      if (line.startsWith("ready ")) {
        ready.add(Long.parseLong(line.substring(6)));
      } else if (line.startsWith("memory ")) {
        memory = Long.parseLong(line.substring(7));
      }
    }
    OwnCluster.delete(directory);
    return new Run(ready, memory);
  }
}
