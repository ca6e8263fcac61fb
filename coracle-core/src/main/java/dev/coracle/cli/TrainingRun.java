package dev.coracle.cli;

import dev.coracle.cluster.options.ClusterOptions;
import java.nio.file.Path;

/** What is rehearsed for the ahead-of-time cache. */
final class TrainingRun {

  private TrainingRun() {}

  static ClusterOptions options(Path directory) {
    return ClusterOptions.builder(directory)
        .listen("127.0.0.1", 0)
        .kubeconfig(directory.resolve("user-kubeconfig"))
        .legacyServiceAccountTokens(true)
        .build();
  }
}
