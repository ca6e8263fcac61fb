package dev.coracle.bench.server;

import dev.coracle.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What objects cost as they become many: ConfigMaps of 1 KiB, up to half a million. */
final class Growth {

  private static final int[] STEPS = {1_000, 10_000, 100_000, 500_000};

  private Growth() {}

  static void run(Path home, Path plots, Consumer<Result> out)
      throws IOException, InterruptedException {
    List<Plot.Point> create = new ArrayList<>();
    List<Plot.Point> get = new ArrayList<>();
    List<Plot.Point> page = new ArrayList<>();
    List<Plot.Point> memory = new ArrayList<>();
    try (OwnCluster cluster = new OwnCluster(home).recordingPauses()) {
      cluster.up();
      Target target = cluster.target();
      String path = "/api/v1/namespaces/default/configmaps";
      Path body =
          Files.write(Files.createTempFile("coracle-bench", ".json"), Json.write(Benches.map()));
      String[] post = {"-H", "content-type: application/json", "-d", body.toString()};
      int there = 0;
      for (int step : STEPS) {
        create.add(new Plot.Point(step, Load.rate(target, 1, step - there, 8, 16, path, post)));
        there = step;
        get.add(
            new Plot.Point(step, Load.rate(target, 2, 20_000, 8, 16, path + "/kube-root-ca.crt")));
        page.add(new Plot.Point(step, Load.rate(target, 2, 1_000, 4, 4, path + "?limit=100")));
        memory.add(new Plot.Point(step, Memory.resident(cluster.pid())));
      }
      Files.delete(body);
      out.accept(
          Result.megabytes(
              "500 000 ConfigMaps of 1 KiB: the most memory (RSS) while they were created",
              Memory.highest(cluster.pid()),
              "<= 1 500 MB"));
      out.accept(cluster.longestPause("while they were created and read"));
      out.accept(
          Result.rate("create with 100 000 to 500 000 there", create.getLast().y(), "")
              .by(Result.H2LOAD));
      out.accept(Result.rate("GET with 500 000 there", get.getLast().y(), "").by(Result.H2LOAD));
      out.accept(
          Result.rate("LIST of the first 100 of 500 000", page.getLast().y(), "")
              .by(Result.H2LOAD));
    }
    Plot.write(
        plots.resolve("rate-by-objects.svg"),
        "Rate against the number of objects",
        "ConfigMaps of 1 KiB",
        "requests a second",
        List.of(
            new Plot.Series("create", create),
            new Plot.Series("GET", get),
            new Plot.Series("LIST, first 100", page)));
    Plot.write(
        plots.resolve("memory-by-objects.svg"),
        "Memory against the number of objects",
        "ConfigMaps of 1 KiB",
        "resident MB",
        List.of(new Plot.Series("whole process", memory)));
  }
}
