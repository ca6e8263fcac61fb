package dev.coracle.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The launcher's rehearsal: one real start, a little use, one stop, while the JVM records which
 * classes that takes.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Callable<Integer> {

  @Option(names = "--data", required = true)
  private @Nullable Path data;

  @Override
  public Integer call() throws Exception {
    Path directory = java.util.Objects.requireNonNull(data);
    // The same command line as a user's, so that its classes are recorded too.
    picocli.CommandLine commandLine = new picocli.CommandLine(new Main());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.parseArgs("up", "--data", directory.toString(), "--listen", "127.0.0.1:0");
    var options = TrainingRun.options(directory);
    try (var cluster =
        dev.coracle.cluster.Cluster.start(
            options, dev.coracle.cluster.start.StartupListener.SILENT)) {
      cluster.awaitReady(Duration.ofSeconds(30), new CountDownLatch(1));
    }
    return 0;
  }
}
