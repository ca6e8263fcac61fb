package dev.coracle.bench;

import dev.coracle.bench.micro.Micro;
import dev.coracle.bench.server.Benches;
import dev.coracle.bench.server.OwnBenches;
import dev.coracle.bench.server.Result;
import dev.coracle.bench.server.Shell;
import dev.coracle.bench.server.Target;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsTransport;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code ./bench}: prints a table as it goes, and writes it into {@code docs/performance.md}. */
public final class Main {

  private static final String USAGE =
      """
      ./bench all                                        starts clusters, measures them, writes docs/performance.md
      ./bench all --server URL --token T --kubeconfig F   the same, and the ratio to another API server
      ./bench micro                                      only the JMH benches (prints)
      ./bench pods                                       only the simulated Pods (prints)
      ./bench memory                                     only what objects, watches and the past cost in memory (prints)
      ./bench scheduling                                 only the scheduler (prints)
      ./bench growth                                     only half a million objects (prints, writes the plots)
      ./bench --server URL --token T --kubeconfig F       measures another API server (prints)
              --only SECTION[,SECTION]                    of it: one, list, concurrent, mixed, fanout
      """;

  private Main() {}

  public static void main(String[] args) throws Exception {
    if (!Shell.has("h2load")) {
      System.err.println("bench: h2load is missing; install Debian's nghttp2-client");
      System.exit(1);
    }
    Queue<String> words = new ArrayDeque<>(List.of(args));
    String what = words.isEmpty() || words.element().startsWith("--server") ? "" : words.remove();
    Map<String, String> options = options(words);
    Target other = other(options);
    Report report = new Report();
    Path home = Path.of(System.getProperty("coracle.home", "."));
    OwnBenches own = new OwnBenches(home, report::own);
    switch (what) {
      case "all" -> {
        own.run();
        measure(other, report::other, Benches.SECTIONS);
        report.micro(Micro.run());
        report.write(home.resolve("docs/performance.md"), "./bench " + String.join(" ", args));
      }
      case "micro" -> report.micro(Micro.run());
      case "pods" -> own.simulatedPods();
      case "scheduling" -> own.scheduling();
      case "growth" -> own.growth();
      case "memory" -> own.memory();
      case "" -> {
        if (other == null) {
          usage(2);
        }
        measure(other, report::other, sections(options));
      }
      default -> usage(what.equals("--help") ? 0 : 2);
    }
    System.exit(0);
  }

  private static void usage(int code) {
    System.out.print(USAGE);
    System.exit(code);
  }

  private static void measure(@Nullable Target target, Consumer<Result> out, Set<String> sections)
      throws IOException, InterruptedException {
    if (target != null) {
      new Benches(target, out, sections).run();
    }
  }

  private static Map<String, String> options(Queue<String> words) {
    Map<String, String> options = new HashMap<>();
    while (words.size() >= 2) {
      options.put(words.remove(), words.remove());
    }
    if (!words.isEmpty()) {
      usage(2);
    }
    return options;
  }

  private static Set<String> sections(Map<String, String> options) {
    String only = options.get("--only");
    Set<String> sections = only == null ? Benches.SECTIONS : Set.of(only.split(",", -1));
    if (!Benches.SECTIONS.containsAll(sections)) {
      usage(2);
    }
    return sections;
  }

  private static @Nullable Target other(Map<String, String> options) throws IOException {
    if (options.isEmpty()) {
      return null;
    }
    Set<String> given = new HashSet<>(options.keySet());
    given.remove("--only");
    if (!given.equals(Set.of("--server", "--token", "--kubeconfig"))) {
      usage(2);
    }
    ConnectionConfig config =
        Objects.requireNonNull(
            KubeconfigReader.read(options.getOrDefault("--kubeconfig", ""), "", Map.of()));
    return new Target(
        "other",
        options.getOrDefault("--server", ""),
        options.getOrDefault("--token", ""),
        new Client(new HttpsTransport(config, "coracle-bench")));
  }
}
