package dev.coracle.junit;

import dev.coracle.client.Client;
import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartException;
import dev.coracle.cluster.start.StartupListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A cluster, in a directory that goes with it. */
final class RunningCluster implements ExtensionContext.Store.CloseableResource, AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path directory;
  private final Cluster cluster;

  private RunningCluster(Path directory, Cluster cluster) {
    this.directory = directory;
    this.cluster = cluster;
  }

  /**
   * Returns when its nodes are Ready.
   *
   * @throws ExtensionConfigurationException with what to do
   */
  static RunningCluster start(UnaryOperator<ClusterOptions.Builder> settings) {
    Path directory;
    try {
      directory = Files.createTempDirectory("coracle-junit");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Cluster cluster;
    try {
      cluster =
          Cluster.start(
              settings.apply(ClusterOptions.embedded(directory)).build(), StartupListener.SILENT);
    } catch (StartException e) {
      delete(directory);
      throw new ExtensionConfigurationException("no cluster: " + e.getMessage(), e);
    }
    RunningCluster running = new RunningCluster(directory, cluster);
    try {
      if (cluster.awaitReady(PATIENCE, new CountDownLatch(1))) {
        return running;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running.close();
    throw new ExtensionConfigurationException(
        "the cluster's nodes are not Ready after " + PATIENCE.toSeconds() + " s");
  }

  String server() {
    return cluster.server();
  }

  Path kubeconfig() {
    return cluster.kubeconfig();
  }

  Client client() {
    return cluster.client();
  }

  @Override
  public void close() {
    cluster.close();
    delete(directory);
  }

  private static void delete(Path directory) {
    try (Stream<Path> found = Files.walk(directory)) {
      for (Path each : found.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
