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

  static void run(Consumer<Result> out) throws IOException, InterruptedException {
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
                directory.toString()));
    List<Long> ready = new ArrayList<>();
    long memory = 0;
    for (String line : output.lines().toList()) {
      if (line.startsWith("ready ")) {
        ready.add(Long.parseLong(line.substring(6)));
      } else if (line.startsWith("memory ")) {
        memory = Long.parseLong(line.substring(7));
      }
    }
    long second = ready.get(1);
    List<Long> later = new ArrayList<>(ready.subList(1, ready.size()));
    later.sort(null);
    out.accept(
        new Result(
            "a further cluster in a JVM that has had one, to node Ready",
            later.get(later.size() / 2),
            "the second "
                + second
                + " ms, median of nine "
                + later.get(later.size() / 2)
                + " ms, fastest "
                + later.getFirst()
                + " ms",
            "<= 150 ms"));
    out.accept(Result.megabytes("ten clusters in one JVM (RSS)", memory, "<= 400 MB"));
    OwnCluster.delete(directory);
  }
}
