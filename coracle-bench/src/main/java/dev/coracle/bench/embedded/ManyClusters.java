package dev.coracle.bench.embedded;

import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartupListener;
import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Ten clusters side by side in one JVM, as tests have them: prints how long each took to be Ready
 * and, at the end, the resident memory. A program of its own, so that nothing else is in it.
 *
 * <p>With the second argument {@code warm} the second cluster waits until the JVM has compiled what
 * the first one made hot, as it has when a test ran in between; else each comes right behind the
 * one before.
 */
public final class ManyClusters {

  private static final int COUNT = 10;

  private ManyClusters() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path directory = Path.of(args[0]);
    boolean warm = args.length > 1 && args[1].equals("warm");
    List<Cluster> clusters = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      if (warm && i == 1) {
        awaitCompiled();
      }
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

  /** Returns when the JVM has compiled nothing for a quarter of a second. */
  private static void awaitCompiled() throws InterruptedException {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    long before = -1;
    for (long now = compiler.getTotalCompilationTime();
        now != before;
        now = compiler.getTotalCompilationTime()) {
      before = now;
      Thread.sleep(250);
    }
  }

  private static ClusterOptions options(Path directory, String node) {
    return ClusterOptions.embedded(directory)
        .runtime(ClusterOptions.Runtime.SIMULATED)
        .nodeName(node)
        .build();
  }
}
