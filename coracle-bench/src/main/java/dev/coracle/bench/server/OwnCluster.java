package dev.coracle.bench.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsTransport;
import dev.coracle.client.Transport;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A cluster that {@code ./coracle up} starts for the bench, and what only a whole cluster can show.
 */
public final class OwnCluster implements AutoCloseable {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");

  private final Path launcher;
  private final Path data;
  private final Map<String, String> environment;

  /**
   * @param home where {@code ./coracle} is
   */
  public OwnCluster(Path home) throws IOException {
    this.launcher = home.resolve("coracle");
    this.data = Files.createTempDirectory("coracle-bench-cluster");
    this.environment = Map.of("KUBECONFIG", data.resolve("user-kubeconfig").toString());
  }

  private double up() throws IOException, InterruptedException {
    String output =
        Shell.run(
            environment,
            List.of(
                launcher.toString(),
                "up",
                "--detach",
                "--wait",
                "--data",
                data.toString(),
                "--listen",
                "127.0.0.1:0"));
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
    out.accept(new Result("start to node Ready, new cluster", seconds(cold), "<= 1.0 s"));
    out.accept(new Result("start to node Ready, existing cluster", seconds(warm), "<= 1.0 s"));
    TimeUnit.SECONDS.sleep(5);
    out.accept(new Result("memory at idle (RSS), everything in", memory(), "<= 200 MB"));
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.2f s", value);
  }

  private static void delete(Path path) throws IOException {
    if (Files.exists(path)) {
      try (Stream<Path> tree = Files.walk(path)) {
        for (Path file : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /** Resident memory of the cluster's process. */
  public String memory() throws IOException {
    String pid = Files.readString(data.resolve("coracle.pid")).strip();
    for (String line : Files.readAllLines(Path.of("/proc", pid, "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024 + " MB";
      }
    }
    return "unknown";
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

  /** From the create to the status Running, and from a label to the file in the Pod. */
  public void pods(Target target, Consumer<Result> out) throws InterruptedException {
    List<Long> running = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      running.add(podStart(target, "bench-pod-" + i));
    }
    running.sort(null);
    out.accept(
        new Result(
            "Pod created -> Running (process runtime)",
            "p50 " + running.get(10) + " ms, worst of 20 " + running.getLast() + " ms",
            "p50 <= 100 ms"));
    out.accept(
        new Result(
            "Downward API volume after a label change",
            labelChange(target) + " ms, as a process in the Pod reports it",
            "<= 100 ms"));
  }

  private static long podStart(Target target, String name) throws InterruptedException {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name);
    ObjectNode spec = pod.putObject("spec").put("terminationGracePeriodSeconds", 0);
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "host");
    container.putArray("command").add("sleep").add("1000");
    CountDownLatch running = new CountDownLatch(1);
    try (Transport.Watch watch =
        target
            .client()
            .watch(
                PODS,
                "default",
                ListOptions.ALL.withFieldSelector("metadata.name=" + name),
                until(
                    running, event -> event.object().text("status", "phase").equals("Running")))) {
      long start = System.nanoTime();
      target.client().create(PODS, "default", pod);
      if (!running.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not run after 30 s");
      }
      return (System.nanoTime() - start) / 1_000_000;
    }
  }

  /**
   * The Pod looks at its file in a loop and ends when it sees the new label: its end is the report.
   */
  private static long labelChange(Target target) throws InterruptedException {
    String name = "bench-label";
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name).putObject("labels").put("tier", "before");
    ObjectNode spec = pod.putObject("spec").put("restartPolicy", "Never");
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "host");
    container
        .putArray("command")
        .add("sh")
        .add("-c")
        .add("until grep -q after /etc/podinfo/labels; do sleep 0.005; done");
    container
        .putArray("volumeMounts")
        .addObject()
        .put("name", "podinfo")
        .put("mountPath", "/etc/podinfo");
    ObjectNode volume = spec.putArray("volumes").addObject().put("name", "podinfo");
    ObjectNode item = volume.putObject("downwardAPI").putArray("items").addObject();
    item.put("path", "labels").putObject("fieldRef").put("fieldPath", "metadata.labels");
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (Transport.Watch watch =
        target
            .client()
            .watch(
                PODS,
                "default",
                ListOptions.ALL.withFieldSelector("metadata.name=" + name),
                until(
                    ended,
                    event -> {
                      String phase = event.object().text("status", "phase");
                      if (phase.equals("Running")) {
                        running.countDown();
                      }
                      return phase.equals("Succeeded");
                    }))) {
      target.client().create(PODS, "default", pod);
      if (!running.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not run after 30 s");
      }
      ObjectNode change = Json.object();
      change.putObject("metadata").putObject("labels").put("tier", "after");
      long start = System.nanoTime();
      target.client().patch(PODS, "default", name, "", PatchType.MERGE, change, WriteOptions.NONE);
      if (!ended.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the label is not in the Pod after 30 s");
      }
      return (System.nanoTime() - start) / 1_000_000;
    }
  }

  private static Transport.WatchHandler until(
      CountDownLatch done, java.util.function.Predicate<WatchEvent> condition) {
    return new Transport.WatchHandler() {
      @Override
      public void event(WatchEvent event) {
        if (condition.test(event)) {
          done.countDown();
        }
      }

      @Override
      public void ended(StatusException cause) {}
    };
  }

  @Override
  public void close() throws IOException, InterruptedException {
    down();
    delete(data);
  }
}
