package dev.coracle.bench.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsTransport;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A cluster that {@code ./coracle up} starts for the bench, and what only a whole cluster can show.
 */
public final class OwnCluster implements AutoCloseable {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");

  private final List<String> arguments;
  private final Path launcher;
  private final Path data;
  private final Map<String, String> environment = new HashMap<>();

  /**
   * @param home where {@code ./coracle} is
   * @param arguments further ones of {@code coracle up}
   */
  public OwnCluster(Path home, String... arguments) throws IOException {
    this.arguments = List.of(arguments);
    this.launcher = home.resolve("coracle");
    this.data = Files.createTempDirectory("coracle-bench-cluster");
    environment.put("KUBECONFIG", data.resolve("user-kubeconfig").toString());
  }

  /** Lets the server write down how long it stops for its garbage collector. */
  OwnCluster recordingPauses() {
    environment.put(
        "CORACLE_JAVA_OPTS",
        "-Xlog:gc,gc+cpu,safepoint:file=" + data.resolve("gc.log") + ":uptime:filecount=0");
    return this;
  }

  /**
   * The longest pause since the start.
   *
   * @param when it was
   */
  Result longestPause(String when) throws IOException {
    return PauseLog.read(data.resolve("gc.log")).result(when);
  }

  /** What the store has on disk in files whose names end so. */
  long storeBytes(String end) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(data.resolve("store"))) {
      for (Path file : files.filter(found -> found.toString().endsWith(end)).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  double up() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString(), "up", "--detach"));
    command.addAll(List.of("--wait", "--data", data.toString(), "--listen", "127.0.0.1:0"));
    command.addAll(arguments);
    String output = Shell.run(environment, command);
    for (String line : output.lines().toList()) {
      if (line.startsWith("Ready after ")) {
        return Double.parseDouble(line.split(" ", -1)[2]);
      }
    }
    throw new IOException("coracle up did not become Ready:\n" + output);
  }

  private void down() throws IOException, InterruptedException {
    Shell.run(environment, List.of(launcher.toString(), "down", "--data", data.toString()));
  }

  /** Starts with empty and with filled directories; the cluster runs afterwards. */
  public void starts(Consumer<Result> out) throws IOException, InterruptedException {
    up();
    down();
    double cold = Double.MAX_VALUE;
    double warm = Double.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      for (String part : List.of("store", "pki", "node")) {
        delete(data.resolve(part));
      }
      cold = Math.min(cold, up());
      down();
      warm = Math.min(warm, up());
      if (i < 2) {
        down();
      }
    }
    out.accept(Result.seconds("start to node Ready, new cluster", cold, "<= 1.0 s"));
    out.accept(Result.seconds("start to node Ready, existing cluster", warm, "<= 1.0 s"));
    TimeUnit.SECONDS.sleep(5);
    out.accept(
        Result.megabytes(
            "memory at idle (RSS), everything in", Memory.resident(pid()), "<= 200 MB"));
  }

  static void delete(Path path) throws IOException {
    if (Files.exists(path)) {
      try (Stream<Path> tree = Files.walk(path)) {
        for (Path file : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /** The process of the cluster that runs. */
  long pid() throws IOException {
    return Long.parseLong(Files.readString(data.resolve("coracle.pid")).strip());
  }

  /** The running cluster as a target, with a token of its own. */
  public Target target() throws IOException {
    String file = data.resolve("kubeconfig").toString();
    ConnectionConfig config = Objects.requireNonNull(KubeconfigReader.read(file, "", Map.of()));
    Client client = new Client(new HttpsTransport(config, "coracle-bench"));
    String name = "bench-admin";
    if (client.find(ACCOUNTS, "kube-system", name) == null) {
      ObjectNode account = Json.object().put("apiVersion", "v1").put("kind", "ServiceAccount");
      account.putObject("metadata").put("name", name);
      client.create(ACCOUNTS, "kube-system", account);
      ObjectNode binding =
          Json.object()
              .put("apiVersion", "rbac.authorization.k8s.io/v1")
              .put("kind", "ClusterRoleBinding");
      binding.putObject("metadata").put("name", name);
      binding
          .putObject("roleRef")
          .put("apiGroup", "rbac.authorization.k8s.io")
          .put("kind", "ClusterRole")
          .put("name", "cluster-admin");
      binding
          .putArray("subjects")
          .addObject()
          .put("kind", "ServiceAccount")
          .put("name", name)
          .put("namespace", "kube-system");
      client.create(
          GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
          "",
          binding);
    }
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    request.putObject("spec").put("expirationSeconds", 86_400);
    String token =
        client
            .createSubresource(ACCOUNTS, "kube-system", name, "token", request)
            .text("status", "token");
    JsonNode state = Json.readObject(Files.readAllBytes(data.resolve("coracle.json")));
    return new Target("Coracle", state.path("server").asText(), token, client);
  }

  /** The ambassador in front of this cluster. */
  public void proxy(Consumer<Result> out) throws IOException, InterruptedException {
    ProxyBench.run(launcher, data.resolve("kubeconfig"), out);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    down();
    delete(data);
  }
}
