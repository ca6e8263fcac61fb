package dev.coracle.cli;

import dev.coracle.cluster.data.DataDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
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

  private static final Duration LOOK_EVERY = Duration.ofMillis(10);

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
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = data.reachable();
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
    if (!ended(process)) {
      throw new IllegalStateException(
          "process "
              + pid.get()
              + " still stops its Pods after "
              + timeout
              + " s; wait with --timeout or end it with 'kill -9 "
              + pid.get()
              + "' (the next start cleans up)");
    }
    out.println("Stopped (process " + pid.get() + "). The data stays in " + directory + ".");
    return 0;
  }

  /**
   * Waits for a process that is not our child: the JDK looks for the end of those in steps that
   * grow to seconds.
   */
  private boolean ended(ProcessHandle process) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(timeout).toNanos();
    while (process.isAlive() && !isZombie(process.pid())) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(LOOK_EVERY);
    }
    return true;
  }

  /** Whether it has ended, and only its parent has not taken notice (Linux: proc(5)). */
  private static boolean isZombie(long pid) {
    try {
      String line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return line.startsWith("Z", line.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false;
    }
  }
}
