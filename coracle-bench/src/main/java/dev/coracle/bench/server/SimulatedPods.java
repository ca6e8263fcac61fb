package dev.coracle.bench.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Deployments on a thousand simulated nodes, from their creation until all their Pods are Ready.
 */
final class SimulatedPods {

  private static final GroupVersionResource DEPLOYMENTS =
      GroupVersionResource.of("apps", "v1", "deployments");
  private static final int REPLICAS = 100;

  /** How many Deployments there are before the measured ones. */
  private static final int FIRST = 10;

  private static final int MEASURED = 100;

  private SimulatedPods() {}

  static void run(Path home, Consumer<Result> out) throws IOException, InterruptedException {
    try (OwnCluster cluster = simulated(home, 50)) {
      idle(cluster, 50, out);
    }
    try (OwnCluster cluster = simulated(home, 1000)) {
      idle(cluster, 1000, out);
      Target target = cluster.target();
      long start = System.nanoTime();
      deploy(target, FIRST, FIRST + MEASURED);
      await(target, (FIRST + MEASURED) * REPLICAS);
      out.accept(
          Result.seconds(
              "10 000 simulated Pods of 100 Deployments Ready, 1 000 nodes",
              (System.nanoTime() - start) / 1e9,
              "<= 20 s"));
      out.accept(
          Result.megabytes("memory with 11 000 Pods (RSS)", Memory.resident(cluster.pid()), ""));
    }
  }

  private static OwnCluster simulated(Path home, int nodes)
      throws IOException, InterruptedException {
    OwnCluster cluster =
        new OwnCluster(home, "--runtime", "simulated", "--simulated-nodes", String.valueOf(nodes));
    cluster.up();
    return cluster;
  }

  /** Measured over two rounds of the nodes' Leases. */
  private static void idle(OwnCluster cluster, int nodes, Consumer<Result> out)
      throws IOException, InterruptedException {
    Target target = cluster.target();
    deploy(target, 0, FIRST);
    await(target, FIRST * REPLICAS);
    TimeUnit.SECONDS.sleep(5);
    double idle = 100 * cpu(cluster, 20);
    out.accept(
        new Result(
            "CPU at idle, 1 000 simulated Pods on "
                + String.format(Locale.ROOT, "%,d", nodes).replace(',', ' ')
                + " simulated nodes",
            idle,
            String.format(Locale.ROOT, "%.1f %% of a core", idle),
            "< 2 %"));
  }

  private static void deploy(Target target, int from, int to) {
    for (int i = from; i < to; i++) {
      ObjectNode deployment = Json.object().put("apiVersion", "apps/v1").put("kind", "Deployment");
      deployment.putObject("metadata").put("name", "d" + i);
      ObjectNode spec = deployment.putObject("spec").put("replicas", REPLICAS);
      spec.putObject("selector").putObject("matchLabels").put("app", "d" + i);
      ObjectNode template = spec.putObject("template");
      template.putObject("metadata").putObject("labels").put("app", "d" + i);
      ObjectNode container = template.putObject("spec").putArray("containers").addObject();
      container.put("name", "main").put("image", "bench");
      container
          .putObject("resources")
          .putObject("requests")
          .put("cpu", "10m")
          .put("memory", "16Mi");
      target.client().create(DEPLOYMENTS, "default", deployment);
    }
  }

  private static void await(Target target, int pods) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (true) {
      int ready = 0;
      for (KubeObject deployment :
          target.client().list(DEPLOYMENTS, "default", ListOptions.ALL).items()) {
        ready += deployment.at("status", "readyReplicas").asInt(0);
      }
      if (ready >= pods) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("only " + ready + " of " + pods + " Pods are Ready");
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  /** The share of one core that the cluster uses over some seconds. */
  private static double cpu(OwnCluster cluster, int seconds)
      throws IOException, InterruptedException {
    ProcessHandle process = ProcessHandle.of(cluster.pid()).orElseThrow();
    long before = process.info().totalCpuDuration().orElseThrow().toMillis();
    TimeUnit.SECONDS.sleep(seconds);
    long after = process.info().totalCpuDuration().orElseThrow().toMillis();
    return (after - before) / 1000.0 / seconds;
  }
}
