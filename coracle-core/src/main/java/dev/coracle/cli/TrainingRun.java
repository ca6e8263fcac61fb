package dev.coracle.cli;

import dev.coracle.cluster.ClusterOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What is rehearsed for the ahead-of-time cache. */
final class TrainingRun {

  private TrainingRun() {}

  static ClusterOptions options(Path directory) {
    ClusterOptions usual = ClusterOptions.of(directory);
    return new ClusterOptions(
        directory,
        usual.listenHost(),
        0,
        usual.runtime(),
        usual.only(),
        usual.durability(),
        0,
        usual.serviceCidr(),
        usual.podCidr(),
        null,
        directory.resolve("user-kubeconfig"),
        true,
        false,
        Map.of(),
        List.of());
  }
}
