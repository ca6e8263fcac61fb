package dev.coracle.cli;

import dev.coracle.cluster.data.DataDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Spec;

/** Says what runs, where, since when, and how much memory it takes. */
@Command(
    name = "status",
    description = "Says what runs, where, since when, and with how much memory.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = data.reachable();
    Optional<Long> pid = DataDirectory.runningPid(directory);
    if (pid.isEmpty()) {
      out.println("Not running on " + directory + ". Start it with 'coracle up'.");
      return Main.NOT_RUNNING;
    }
    Optional<DataDirectory.State> state = DataDirectory.state(directory);
    if (state.isEmpty()) {
      out.println("Starting or stopping (process " + pid.get() + ") on " + directory + ".");
      return 0;
    }
    DataDirectory.State running = state.get();
    row(out, "server", running.server());
    row(out, "process", String.valueOf(running.pid()));
    row(
        out,
        "since",
        running.since().truncatedTo(ChronoUnit.SECONDS)
            + " ("
            + span(Duration.between(running.since(), Instant.now()))
            + ")");
    row(out, "memory", memory(running.pid()));
    row(out, "parts", running.only());
    row(out, "runtime", running.runtime());
    row(out, "data", directory.toString());
    row(out, "kubeconfig", directory.resolve("kubeconfig").toString());
    return 0;
  }

  private static void row(PrintWriter out, String name, String value) {
    out.printf("%-11s %s%n", name, value);
  }

  private static String span(Duration duration) {
    if (duration.toHours() > 0) {
      return duration.toHours() + "h" + duration.toMinutesPart() + "m";
    }
    return duration.toMinutes() > 0
        ? duration.toMinutes() + "m" + duration.toSecondsPart() + "s"
        : duration.toSeconds() + "s";
  }

  private static String memory(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"))) {
        if (line.startsWith("VmRSS:")) {
          long kilobytes = Long.parseLong(line.replaceAll("[^0-9]", ""));
          return (kilobytes + 512) / 1024 + " MiB resident";
        }
      }
    } catch (IOException e) {
      return "unknown (no /proc on this system)";
    }
    return "unknown";
  }
}
