package dev.coracle.bench.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** All benches, on clusters that {@code ./coracle up} starts, one after the other. */
public final class OwnBenches {

  private final Path home;
  private final Consumer<Result> out;

  /**
   * @param home where {@code ./coracle} is
   * @param out told of each row as it is known
   */
  public OwnBenches(Path home, Consumer<Result> out) {
    this.home = home;
    this.out = out;
  }

  public void run() throws IOException, InterruptedException {
    try (OwnCluster cluster = new OwnCluster(home).recordingPauses()) {
      cluster.starts(out);
      Target target = cluster.target();
      PodBenches.run(target, out);
      new Benches(target, out, Benches.SECTIONS).run();
      Concurrency.run(target, plots());
      cluster.proxy(out);
      out.accept(
          Result.megabytes("memory after all this (RSS)", Memory.resident(cluster.pid()), ""));
      out.accept(cluster.longestPause("during all this"));
    }
    memory();
    growth();
    simulatedPods();
    scheduling();
    Embedded.run(out);
  }

  public void memory() throws IOException, InterruptedException {
    MemoryBenches.run(home, out);
  }

  public void growth() throws IOException, InterruptedException {
    Growth.run(home, plots(), out);
  }

  public void simulatedPods() throws IOException, InterruptedException {
    SimulatedPods.run(home, out);
  }

  public void scheduling() throws IOException, InterruptedException {
    Scheduling.run(out);
  }

  private Path plots() {
    return home.resolve("docs/plots");
  }
}
