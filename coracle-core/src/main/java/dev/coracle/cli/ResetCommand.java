package dev.coracle.cli;

import dev.coracle.cluster.Cluster;
import dev.coracle.cluster.data.DataDirectory;
import dev.coracle.cluster.data.Kubeconfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Deletes a stopped cluster's data and its context; asks first. */
@Command(
    name = "reset",
    description = "Deletes the data of a stopped cluster, keys included; asks first.",
    mixinStandardHelpOptions = true)
final class ResetCommand implements Callable<Integer> {

  /** What a cluster makes in its directory; anything else there is somebody else's and stays. */
  private static final List<String> OWN =
      List.of(
          "coracle.pid",
          "coracle.json",
          "coracle.lock",
          "coracle.log",
          "kubeconfig",
          "pki",
          "store",
          "node",
          "volumes");

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Mixin private final DataOption data = new DataOption();

  @Option(names = "--yes", description = "Does not ask.")
  private boolean yes;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The file that has the context (default: KUBECONFIG or ~/.kube/config).")
  private @Nullable Path kubeconfig;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = data.reachable();
    Optional<Long> pid = DataDirectory.runningPid(directory);
    if (pid.isPresent()) {
      throw new IllegalStateException(
          "the cluster on "
              + directory
              + " runs (process "
              + pid.get()
              + "); stop it first with 'coracle down'");
    }
    if (!Files.exists(directory.resolve("pki")) && !Files.exists(directory.resolve("store"))) {
      out.println("There is no cluster in " + directory + ".");
      return 0;
    }
    if (!yes && !confirmed(out, directory)) {
      out.println("Nothing was deleted.");
      return 1;
    }
    // What a killed cluster left may still run, and be mounted: nothing is deleted through a mount.
    Cluster.cleanUp(directory);
    for (String name : OWN) {
      delete(directory.resolve(name));
    }
    try (Stream<Path> rest = Files.list(directory)) {
      if (rest.findAny().isEmpty()) {
        Files.delete(directory);
      }
    }
    Path file = kubeconfig == null ? Kubeconfig.userFile(System.getenv()) : kubeconfig;
    boolean removed = Kubeconfig.remove(file);
    out.println(
        "Deleted the cluster in "
            + directory
            + (removed ? " and the context \"coracle\" in " + file : "")
            + ".");
    return 0;
  }

  private static boolean confirmed(PrintWriter out, Path directory) throws IOException {
    out.print("Delete the cluster in " + directory + " with everything in it? [y/N] ");
    out.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    return answer != null && answer.strip().toLowerCase(java.util.Locale.ROOT).startsWith("y");
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(path)) {
      tree.sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(file + " can't be deleted", e);
                }
              });
    }
  }
}
