package dev.coracle.bench.server;

import dev.coracle.bench.load.LoadRequest;
import dev.coracle.bench.load.LoadResult;
import dev.coracle.bench.load.LoadTarget;
import dev.coracle.bench.load.Loops;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** Throughput and latency against the number of requests under way. */
final class Concurrency {

  private static final int[] STEPS = {1, 2, 4, 8, 16, 32, 64, 128, 256};

  private Concurrency() {}

  static void run(Target target, Path plots) throws IOException, InterruptedException {
    String path = "/api/v1/namespaces/default/configmaps";
    String map = Benches.map().toString();
    Sweep get = sweep(target, _ -> LoadRequest.get(path + "/kube-root-ca.crt"));
    Sweep create = sweep(target, _ -> LoadRequest.post(path, map));
    Plot.write(
        plots.resolve("rate-by-concurrency.svg"),
        "Throughput against concurrency",
        "requests under way",
        "requests a second",
        List.of(new Plot.Series("GET", get.rate), new Plot.Series("create, durable", create.rate)));
    Plot.write(
        plots.resolve("latency-by-concurrency.svg"),
        "Latency against concurrency",
        "requests under way",
        "milliseconds",
        List.of(
            new Plot.Series("GET, p50", get.median),
            new Plot.Series("GET, p99", get.high),
            new Plot.Series("create, p50", create.median),
            new Plot.Series("create, p99", create.high)));
  }

  private record Sweep(List<Plot.Point> rate, List<Plot.Point> median, List<Plot.Point> high) {}

  private static Sweep sweep(Target target, LongFunction<LoadRequest> requests)
      throws IOException, InterruptedException {
    Sweep sweep = new Sweep(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int step : STEPS) {
      int connections = Math.min(step, 8);
      try (LoadTarget load = new LoadTarget(URI.create(target.url()), target.token())) {
        LoadResult result =
            Loops.run(
                load.connect(connections),
                step / connections,
                40_000,
                Duration.ofSeconds(1),
                requests);
        sweep.rate.add(new Plot.Point(step, result.perSecond()));
        sweep.median.add(new Plot.Point(step, result.latencies().percentile(0.5)));
        sweep.high.add(new Plot.Point(step, result.latencies().percentile(0.99)));
      }
    }
    return sweep;
  }
}
