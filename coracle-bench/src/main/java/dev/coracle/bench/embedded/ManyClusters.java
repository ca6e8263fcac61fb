package dev.coracle.bench.embedded;

import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartupListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Ten clusters side by side in one JVM, as tests have them: prints how long each took to be Ready
 * and, at the end, the resident memory. A program of its own, so that nothing else is in it.
 */
public final class ManyClusters {

  private static final int COUNT = 10;

  private ManyClusters() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path directory = Path.of(args[0]);
    List<Cluster> clusters = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      long start = System.nanoTime();
      Cluster cluster =
          Cluster.start(
              options(Files.createDirectories(directory.resolve("c" + i)), "node-" + i),
              StartupListener.SILENT);
      clusters.add(cluster);
      if (!cluster.awaitReady(Duration.ofSeconds(60), new CountDownLatch(1))) {
        throw new IllegalStateException("cluster " + i + " is not Ready after 60 s");
      }
      System.out.println("ready " + (System.nanoTime() - start) / 1_000_000);
    }
    System.gc();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        System.out.println("memory " + Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024);
      }
    }
    clusters.forEach(Cluster::close);
    System.exit(0);
  }

  private static ClusterOptions options(Path directory, String node) {
    return ClusterOptions.embedded(directory)
        .runtime(ClusterOptions.Runtime.SIMULATED)
        .nodeName(node)
        .build();
  }
}
