package dev.coracle.cli.flags;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What kube-scheduler's own {@code --config} says. */
public final class SchedulerOption {

  @Option(
      names = "--scheduler-config",
      paramLabel = "FILE",
      description =
          "A KubeSchedulerConfiguration: profiles, with their plugins switched on and off, weighted"
              + " and configured (default: one profile, default-scheduler).")
  private @Nullable Path file;

  public @Nullable Path file() {
    return file;
  }
}
