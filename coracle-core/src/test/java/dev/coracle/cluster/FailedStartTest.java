package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartException;
import dev.coracle.cluster.start.StartupListener;
import dev.coracle.network.PodBridge;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailedStartTest {

  @TempDir private Path directory;

  @Test
  void start_schedulersFileIsOfNoUse_nothingHasBegun() throws Exception {
    ClusterOptions options =
        TestCluster.options(
                directory.resolve("data"),
                ClusterOptions.Runtime.NONE,
                ClusterOptions.Part.CONTROLPLANE)
            .toBuilder()
            .schedulerConfig(
                Files.writeString(directory.resolve("scheduler.yaml"), "kind: [nonsense"))
            .build();
    assertThatThrownBy(() -> Cluster.start(options, StartupListener.SILENT))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("--scheduler-config");
    assertThat(options.data()).doesNotExist();
  }

  @Test
  void start_storeIsOfNoUse_machineIsAsBefore() throws Exception {
    ClusterOptions options =
        TestCluster.options(
                directory.resolve("data"), ClusterOptions.Runtime.PROCESS, ClusterOptions.Part.ALL)
            .toBuilder()
            .durability(ClusterOptions.Durability.FSYNC)
            .build();
    Files.createDirectories(options.data());
    Files.writeString(options.data().resolve("store"), "a file where a directory should be");

    assertThatThrownBy(() -> Cluster.start(options, StartupListener.SILENT))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("store");

    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("coracle-start-machine")) {
        thread.join();
      }
    }
    assertThat(Path.of("/sys/class/net", "cor" + PodBridge.id(options.data()))).doesNotExist();
    Files.delete(options.data().resolve("store"));
    TestCluster.start(options).close();
  }
}
