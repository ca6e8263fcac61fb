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
import java.util.List;
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
    try {
      Path directory = Files.createTempDirectory("coracle-junit");
      RunningCluster started = null;
      try {
        ClusterOptions options = settings.apply(ClusterOptions.embedded(directory)).build();
        started = new RunningCluster(directory, Cluster.start(options, StartupListener.SILENT));
        if (!started.cluster.awaitReady(PATIENCE, new CountDownLatch(1))) {
          throw new ExtensionConfigurationException(
              "the cluster's nodes are not Ready after " + PATIENCE.toSeconds() + " s");
        }
        RunningCluster ready = started;
        started = null;
        return ready;
      } catch (StartException e) {
        delete(directory);
        throw new ExtensionConfigurationException("no cluster: " + e.getMessage(), e);
      } finally {
        if (started != null) {
          started.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ExtensionConfigurationException("interrupted while the cluster started", e);
    }
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
    try {
      delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path directory) throws IOException {
    List<Path> all;
    try (Stream<Path> found = Files.walk(directory)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
