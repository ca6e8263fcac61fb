package dev.coracle.cli;

import dev.coracle.cluster.DataDirectory;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Stops a cluster that runs in the background or elsewhere, and waits until it is gone. */
@Command(
    name = "down",
    description = "Stops the cluster and its Pods; the data stays.",
    mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "90",
      description =
          "How long to wait for Pods to end before giving up (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = data.path();
    Optional<Long> pid = DataDirectory.runningPid(directory);
    if (pid.isEmpty()) {
      out.println("Nothing runs on " + directory + ".");
      return 0;
    }
    ProcessHandle process = ProcessHandle.of(pid.get()).orElse(null);
    if (process == null || !process.destroy()) {
      throw new IllegalStateException(
          "process "
              + pid.get()
              + " can't be stopped by this user; stop it as the user that started it");
    }
    try {
      process.onExit().get(Duration.ofSeconds(timeout).toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "process "
              + pid.get()
              + " still stops its Pods after "
              + timeout
              + " s; wait with --timeout or end it with 'kill -9 "
              + pid.get()
              + "' (the next start cleans up)",
          e);
    }
    out.println("Stopped (process " + pid.get() + "). The data stays in " + directory + ".");
    return 0;
  }
}
