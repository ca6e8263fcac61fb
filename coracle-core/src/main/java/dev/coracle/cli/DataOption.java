package dev.coracle.cli;

import dev.coracle.cluster.data.DataDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --data}, the same for all commands. */
final class DataOption {

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the cluster keeps everything (default: CORACLE_DATA or ~/.coracle).")
  private @Nullable Path data;

  Path path() {
    Path chosen = data == null ? DataDirectory.defaultPath(System.getenv()) : data;
    return chosen.toAbsolutePath().normalize();
  }

  /**
   * The same, for what looks into it; there may be none.
   *
   * @throws dev.coracle.cluster.start.StartException when this user may not look
   */
  Path reachable() {
    Path path = path();
    DataDirectory.checkReachable(path);
    return path;
  }
}
