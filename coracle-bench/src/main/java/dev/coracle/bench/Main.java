package dev.coracle.bench;

import dev.coracle.bench.server.Benches;
import dev.coracle.bench.server.OwnCluster;
import dev.coracle.bench.server.Result;
import dev.coracle.bench.server.Shell;
import dev.coracle.bench.server.Target;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsTransport;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** {@code ./bench}: prints a table as it goes, and writes it into {@code docs/performance.md}. */
public final class Main {

  private static final String USAGE =
      """
      ./bench all                                      starts a cluster, measures it, writes docs/performance.md
      ./bench --server URL --token T --kubeconfig FILE  measures another API server (prints only)
      """;

  private final List<Result> results = new ArrayList<>();

  private Main() {}

  public static void main(String[] args) throws Exception {
    if (!Shell.has("h2load")) {
      System.err.println("bench: h2load is missing; install Debian's nghttp2-client");
      System.exit(1);
    }
    Main main = new Main();
    if (args.length == 1 && args[0].equals("all")) {
      main.own(Path.of(System.getProperty("coracle.home", ".")));
    } else if (args.length == 6) {
      main.other(args);
    } else {
      System.out.print(USAGE);
      System.exit(args.length > 0 && args[0].equals("--help") ? 0 : 2);
    }
    System.exit(0);
  }

  private void row(Result result) {
    results.add(result);
    System.out.printf(
        Locale.ROOT, "%-62s %-42s %s%n", result.work(), result.figure(), result.target());
  }

  private void other(String[] args) throws IOException, InterruptedException {
    Map<String, String> options = Map.of(args[0], args[1], args[2], args[3], args[4], args[5]);
    ConnectionConfig config =
        Objects.requireNonNull(
            KubeconfigReader.read(
                Objects.requireNonNull(options.get("--kubeconfig"), USAGE), "", Map.of()));
    Target target =
        new Target(
            "other",
            Objects.requireNonNull(options.get("--server"), USAGE),
            Objects.requireNonNull(options.get("--token"), USAGE),
            new Client(new HttpsTransport(config, "coracle-bench")));
    new Benches(target, this::row).run();
  }

  private void own(Path home) throws IOException, InterruptedException {
    try (OwnCluster cluster = new OwnCluster(home)) {
      cluster.starts(this::row);
      Target target = cluster.target();
      cluster.pods(target, this::row);
      new Benches(target, this::row).run();
      cluster.proxy(this::row);
      row(new Result("memory after all this (RSS)", cluster.memory(), ""));
    }
    write(home.resolve("docs/performance.md"));
  }

  private void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder("# Performance\n\n");
    text.append("Written by `./bench all` on ")
        .append(LocalDate.now(java.time.ZoneOffset.UTC))
        .append(": ")
        .append(Runtime.getRuntime().availableProcessors())
        .append(" cores, load generator on the same machine, Linux ")
        .append(System.getProperty("os.version"))
        .append(", JDK ")
        .append(Runtime.version())
        .append(
            ". Loads of many requests come from h2load; watches, updates and concurrent patches"
                + " from our own HTTP/2 client. A rate is the best of several runs, the first of"
                + " which warm the server up.\n\n| work | measured | to reach |\n|---|---|---|\n");
    for (Result result : results) {
      text.append("| ")
          .append(result.work())
          .append(" | ")
          .append(result.figure())
          .append(" | ")
          .append(result.target())
          .append(" |\n");
    }
    Files.writeString(file, text);
    System.out.println("written: " + file);
  }
}
