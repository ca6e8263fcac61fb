package dev.coracle.bench.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.ListOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The benches, each a row or two; objects go into a namespace of their own that is deleted at the
 * end.
 */
public final class Benches {

  private static final GroupVersionResource MAPS = GroupVersionResource.core("configmaps");
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final int PODS_LISTED = 5000;
  private static final int PODS_MANY = 50_000;

  /** What can be asked for alone. */
  public static final Set<String> SECTIONS = Set.of("one", "list", "concurrent", "mixed", "fanout");

  private final Target target;
  private final Consumer<Result> out;
  private final Set<String> sections;
  private final String namespace = "bench-" + Long.toString(System.nanoTime() & 0xffffff, 36);
  private final Path directory;

  /**
   * @param out told of each row as it is known
   * @param sections which of {@link #SECTIONS} are run
   */
  public Benches(Target target, Consumer<Result> out, Set<String> sections) throws IOException {
    this.sections = sections;
    this.target = target;
    this.out = out;
    this.directory = Files.createTempDirectory("coracle-bench");
  }

  /** Runs all of them. */
  public void run() throws IOException, InterruptedException {
    ObjectNode object = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
    object.putObject("metadata").put("name", namespace);
    target.client().create(NAMESPACES, "", object);
    awaitAccount();
    try {
      if (sections.contains("one")) {
        createAndGet();
      }
      if (sections.contains("list")) {
        list();
      }
      new StreamBenches(target, out, namespace).run(sections);
    } finally {
      target.client().delete(NAMESPACES, "", namespace, DeleteOptions.background());
    }
  }

  private void awaitAccount() throws InterruptedException {
    GroupVersionResource accounts = GroupVersionResource.core("serviceaccounts");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (target.client().find(accounts, namespace, "default") == null
        && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
  }

  private Path body(String name, ObjectNode object) throws IOException {
    return Files.write(directory.resolve(name), Json.write(object));
  }

  /** A ConfigMap of about 1 KiB with a generated name. */
  static ObjectNode map() {
    ObjectNode map = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
    map.putObject("metadata").put("generateName", "bench-");
    map.putObject("data").put("a", "x".repeat(900));
    return map;
  }

  private void createAndGet() throws IOException, InterruptedException {
    String path = "/api/v1/namespaces/" + namespace + "/configmaps";
    String file = body("map.json", map()).toString();
    String[] post = {"-H", "content-type: application/json", "-d", file};
    double many = Load.rate(target, 4, 10_000, 8, 16, path, post);
    out.accept(
        Result.rate(
                "create 1 KiB ConfigMap, 8 connections x 16 streams, durable", many, ">= 6 000/s")
            .by(Result.H2LOAD));
    double one = Load.rate(target, 2, 2_000, 1, 1, path, post);
    out.accept(Result.rate("create, one at a time, durable", one, ">= 1 200/s").by(Result.H2LOAD));
    ObjectNode named = map();
    named.putObject("metadata").put("name", "one");
    target.client().create(MAPS, namespace, named);
    double get = Load.rate(target, 4, 40_000, 8, 16, path + "/one");
    out.accept(
        Result.rate("GET one, 8 connections x 16 streams", get, ">= 25 000/s").by(Result.H2LOAD));
  }

  private void list() throws IOException, InterruptedException {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("generateName", "bench-");
    metadata.putObject("labels").put("app", "bench");
    ObjectNode spec = pod.putObject("spec").put("schedulerName", "nobody");
    spec.put("automountServiceAccountToken", false);
    spec.putArray("containers").addObject().put("name", "main").put("image", "bench");
    String path = "/api/v1/namespaces/" + namespace + "/pods";
    String[] post = {
      "-H", "content-type: application/json", "-d", body("pod.json", pod).toString()
    };
    double create = Load.rate(target, 1, PODS_LISTED, 8, 16, path, post);
    out.accept(
        Result.rate("create Pod, 8 connections x 16 streams, durable", create, "")
            .by(Result.H2LOAD));
    row("LIST 5 000 Pods", ">= 60/s", Load.rate(target, 3, 120, 4, 1, path));
    lists("5 000", path, 1);
    Load.rate(target, 1, PODS_MANY - PODS_LISTED, 8, 16, path, post);
    row("LIST 50 000 Pods", "", Load.rate(target, 2, 8, 2, 1, path));
    lists("50 000", path, 10);
    long start = System.nanoTime();
    target
        .client()
        .deleteCollection(
            PODS, namespace, DeleteOptions.DEFAULT.withGracePeriodSeconds(0), ListOptions.ALL);
    double seconds = (System.nanoTime() - start) / 1e9;
    out.accept(
        Result.rate("delete the 50 000 Pods as a collection, durable", PODS_MANY / seconds, "")
            .by(Result.OURS));
  }

  private void row(String work, String goal, double rate) {
    out.accept(Result.rate(work, rate, goal).by(Result.H2LOAD));
  }

  /** The lists that send less than everything. */
  private void lists(String pods, String path, int share) throws IOException, InterruptedException {
    String of = "LIST of " + pods + " Pods, ";
    row(of + "first 100", "", Load.rate(target, 3, 2_000, 4, 4, path + "?limit=100"));
    row(
        of + "a selector that matches none",
        "",
        Load.rate(target, 3, 400 / share, 4, 4, path + "?labelSelector=app%3Dnobody"));
    row(of + "as a Table", share == 1 ? ">= 60/s" : "", as("Table", path, 120 / share));
    row(of + "metadata only", "", as("PartialObjectMetadataList", path, 80 / share));
  }

  private double as(String kind, String path, int requests)
      throws IOException, InterruptedException {
    String accept = "accept: application/json;as=" + kind + ";v=v1;g=meta.k8s.io";
    return Load.rate(target, 2, requests, 2, 1, path, "-H", accept);
  }
}
