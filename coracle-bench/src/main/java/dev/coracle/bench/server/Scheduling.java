package dev.coracle.bench.server;

import dev.coracle.bench.embedded.SchedulerAlone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Runs {@link SchedulerAlone} for each kind of Pods, in a JVM of its own with the product's GC. */
final class Scheduling {

  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseCompactObjectHeaders",
          "-XX:+UseG1GC",
          "-Xmx2g",
          "-XX:SoftRefLRUPolicyMSPerMB=1",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private Scheduling() {}

  static void run(Consumer<Result> out) throws IOException, InterruptedException {
    row(out, SchedulerAlone.Pods.PLAIN, 10_000, "scheduler alone, 10 000 Pods, 1 000 nodes");
    row(out, SchedulerAlone.Pods.OWNED, 5_000, "the same, 5 000 Pods of 50 ReplicaSets");
    row(out, SchedulerAlone.Pods.SPREAD, 5_000, "the same, spread over zones and hosts");
    row(out, SchedulerAlone.Pods.AFFINITY, 5_000, "the same, with Pod affinity and anti-affinity");
  }

  private static void row(Consumer<Result> out, SchedulerAlone.Pods kind, int pods, String work)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("coracle-bench-scheduler");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(SchedulerAlone.class.getName());
    command.addAll(List.of(directory.toString(), kind.name(), Integer.toString(pods)));
    double rate = 0;
    long cpu = 0;
    for (String line : Shell.run(Map.of(), command).lines().toList()) {
      if (line.startsWith("rate ")) {
        rate = Double.parseDouble(line.substring(5));
      } else if (line.startsWith("cpu ")) {
        cpu = Long.parseLong(line.substring(4));
      }
    }
    out.accept(
        new Result(
            work,
            rate,
            String.format(Locale.ROOT, "%,.0f/s (%,d us of CPU a Pod, all in)", rate, cpu),
            ">= 1 000/s"));
    OwnCluster.delete(directory);
  }
}
