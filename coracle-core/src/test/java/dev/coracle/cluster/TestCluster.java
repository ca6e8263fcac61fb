package dev.coracle.cluster;

import dev.coracle.KubectlOutput;
import dev.coracle.Patience;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.client.Client;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartupListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A real cluster in a directory of its own, on a port of its own, for story tests: all that {@code
 * coracle up} starts. Stories that only need the controllers are faster on {@code
 * dev.coracle.controller.ControlPlaneInMemory}.
 */
public final class TestCluster implements AutoCloseable {

  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");

  private final Path directory;
  private final Cluster cluster;

  private TestCluster(Path directory, Cluster cluster) {
    this.directory = directory;
    this.cluster = cluster;
  }

  /** Everything, with real Pods if the rights are there. */
  public static TestCluster start(Path directory) {
    return start(options(directory, ClusterOptions.Runtime.PROCESS, ClusterOptions.Part.ALL));
  }

  /** API server and controllers; nothing runs Pods. */
  public static TestCluster controlPlane(Path directory) {
    return start(options(directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE));
  }

  /** Everything, with Pods that turn Ready without running. */
  public static TestCluster simulated(Path directory) {
    return start(options(directory, ClusterOptions.Runtime.SIMULATED, ClusterOptions.Part.ALL));
  }

  /** As {@link #simulated(Path)}, with so many further nodes. */
  public static TestCluster simulated(Path directory, int nodes) {
    return start(
        options(directory, ClusterOptions.Runtime.SIMULATED, ClusterOptions.Part.ALL).toBuilder()
            .simulatedNodes(nodes)
            .build());
  }

  public static ClusterOptions options(
      Path directory, ClusterOptions.Runtime runtime, ClusterOptions.Part only) {
    return ClusterOptions.embedded(directory)
        .runtime(runtime)
        .only(only)
        .nodeName("test-node")
        .legacyServiceAccountTokens(true)
        .build();
  }

  /** With the ServiceAccount that Pods need: an API server does not wait long for it. */
  public static TestCluster start(ClusterOptions options) {
    TestCluster started = startAtOnce(options);
    if (options.only() != ClusterOptions.Part.APISERVER) {
      Awaitility.await().until(() -> started.client().find(ACCOUNTS, "default", "default") != null);
    }
    return started;
  }

  /** As soon as its nodes are Ready. */
  public static TestCluster startAtOnce(ClusterOptions options) {
    Cluster cluster = Cluster.start(options, StartupListener.SILENT);
    try {
      if (!cluster.awaitReady(Patience.LIMIT, new CountDownLatch(1))) {
        cluster.close();
        throw new IllegalStateException("the node is not Ready after " + Patience.LIMIT);
      }
    } catch (InterruptedException e) {
      cluster.close();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return new TestCluster(options.data().getParent(), cluster);
  }

  /** The API as the API server itself. */
  public Client client() {
    return cluster.client();
  }

  public String server() {
    return cluster.server();
  }

  /** The administrator's kubeconfig. */
  public Path kubeconfig() {
    return directory.resolve("kubeconfig");
  }

  /** What a program printed, both streams, and how it ended. */
  public record Output(int exitCode, String text) {}

  /** Runs kubectl as the administrator. */
  public Output kubectl(String... arguments) throws IOException, InterruptedException {
    return kubectlWithInput("", arguments);
  }

  public Output kubectlWithInput(String input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig().toString());
    builder.environment().put("HOME", directory.toString());
    Path output = Files.createTempFile(directory, "kubectl", ".out");
    builder.redirectOutput(output.toFile());
    Process process = builder.start();
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    if (!process.waitFor(Patience.SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(command + " did not end: " + Files.readString(output));
    }
    return new Output(process.exitValue(), KubectlOutput.said(Files.readString(output)));
  }

  @Override
  public void close() {
    cluster.close();
  }
}
