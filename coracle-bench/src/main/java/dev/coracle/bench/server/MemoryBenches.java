package dev.coracle.bench.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.bench.load.LoadConnection;
import dev.coracle.bench.load.LoadRequest;
import dev.coracle.bench.load.LoadResult;
import dev.coracle.bench.load.LoadTarget;
import dev.coracle.bench.load.Loops;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What objects, watchers that do not read, and the past cost in memory and on disk. */
final class MemoryBenches {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final int MAP_COUNT = 20_000;
  private static final int POD_COUNT = 8_000;

  /** So many fill what is kept of the past, which does not grow any more from then on. */
  private static final int BEFORE = 8_000;

  private static final int STUCK = 500;
  private static final int EVENTS = 100_000;
  private static final int OVERWRITES = 50_000;
  private static final int TURNS = 4;

  private final OwnCluster cluster;
  private final Target target;
  private final Consumer<Result> out;

  private MemoryBenches(OwnCluster cluster, Consumer<Result> out) throws IOException {
    this.cluster = cluster;
    this.target = cluster.target();
    this.out = out;
  }

  static void run(Path home, Consumer<Result> out) throws IOException, InterruptedException {
    try (OwnCluster cluster = new OwnCluster(home, "--runtime", "simulated").recordingPauses()) {
      cluster.up();
      MemoryBenches benches = new MemoryBenches(cluster, out);
      benches.factor("ConfigMap of 1 KiB", MAPS, Benches.map(), MAP_COUNT);
      benches.factor("Pod as a Deployment makes it", podPath(), pod(), POD_COUNT);
      benches.stuckWatchers();
      benches.overwrites();
      out.accept(cluster.longestPause("while objects, watchers and overwrites came"));
    }
  }

  private static String podPath() {
    return "/api/v1/namespaces/default/pods";
  }

  /** Heap with objects, minus heap without, for each byte of their JSON. */
  private void factor(String what, String path, ObjectNode object, int count)
      throws IOException, InterruptedException {
    Path body = Files.write(Files.createTempFile("coracle-bench", ".json"), Json.write(object));
    String[] post = {"-H", "content-type: application/json", "-d", body.toString()};
    Load.rate(target, 1, BEFORE, 8, 16, path, post);
    long json = length(path);
    long heap = settledHeap();
    Load.rate(target, 1, count, 8, 16, path, post);
    json = length(path) - json;
    heap = settledHeap() - heap;
    Files.delete(body);
    out.accept(
        new Result(
                "heap for each byte of JSON, " + what,
                (double) heap / json,
                String.format(
                    Locale.ROOT,
                    "%.2f (%,d of %,d bytes each)",
                    (double) heap / json,
                    json / count,
                    count),
                "<= 1.3")
            .by(Result.H2LOAD));
  }

  /** Trees of objects that somebody looked at are kept for seconds, softly. */
  private long settledHeap() throws IOException, InterruptedException {
    TimeUnit.SECONDS.sleep(4);
    return Memory.heap(cluster.pid());
  }

  /** The bytes of a list's items. */
  private long length(String path) throws IOException, InterruptedException {
    try (LoadTarget load = new LoadTarget(URI.create(target.url()), target.token())) {
      return Loops.call(load.connect(1).getFirst(), LoadRequest.get(path)).body().length();
    }
  }

  private static ObjectNode pod() {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata").put("generateName", "web-6c9f7b8d5c-");
    metadata
        .putObject("labels")
        .put("app.kubernetes.io/name", "web")
        .put("app.kubernetes.io/instance", "web-production")
        .put("pod-template-hash", "6c9f7b8d5c");
    metadata.putObject("annotations").put("example.com/checksum", "0123456789abcdef".repeat(4));
    ObjectNode spec = pod.putObject("spec").put("schedulerName", "nobody");
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "registry.example.com/team/web:1.2.3");
    container.putArray("args").add("--listen=:8080").add("--log-level=info");
    for (String name : List.of("LOG_FORMAT", "DATABASE_HOST", "DATABASE_NAME", "FEATURES")) {
      container.withArray("/env").addObject().put("name", name).put("value", "a value of " + name);
    }
    container.putArray("ports").addObject().put("name", "http").put("containerPort", 8080);
    container.putObject("resources").putObject("requests").put("cpu", "10m").put("memory", "64Mi");
    container.putObject("readinessProbe").putObject("httpGet").put("path", "/ready").put("port", 1);
    container
        .putArray("volumeMounts")
        .addObject()
        .put("name", "config")
        .put("mountPath", "/etc/web");
    spec.putArray("volumes")
        .addObject()
        .put("name", "config")
        .putObject("configMap")
        .put("name", "web");
    return pod;
  }

  /**
   * Half of the watchers begin with all objects, half with the next event; none of them reads. The
   * same events pass before, so that what is kept of the past anyway is not taken for theirs.
   */
  private void stuckWatchers() throws IOException, InterruptedException {
    try (LoadTarget load = new LoadTarget(URI.create(target.url()), target.token())) {
      List<LoadConnection> writers = load.connect(8);
      long empty = Memory.heap(cluster.pid());
      writeEvents(writers);
      long before = settledHeap();
      long resident = Memory.resident(cluster.pid());
      List<LoadConnection> stuck = load.connect(50);
      for (int i = 0; i < STUCK; i++) {
        String query = "?watch=1" + (i % 2 == 0 ? "&resourceVersion=0" : "");
        stuck.get(i % stuck.size()).execute(stuck.get(i % stuck.size()).unread(MAPS + query));
      }
      TimeUnit.SECONDS.sleep(1);
      long written = writeEvents(writers);
      long highest = Memory.resident(cluster.pid());
      long after = settledHeap();
      out.accept(
          new Result(
                  "500 watchers that never read, while "
                      + String.format(Locale.ROOT, "%,d", written).replace(',', ' ')
                      + " events of 1 KiB pass",
                  (double) (after - before) / STUCK / 1024,
                  String.format(
                      Locale.ROOT,
                      "heap + %d KB each, RSS %d -> %d MB; the same events before them: heap + %d"
                          + " MB of history",
                      (after - before) / STUCK / 1024,
                      resident,
                      highest,
                      (before - empty) >> 20),
                  "<= 256 KB each")
              .by(Result.OURS));
    }
  }

  /** How many were written. */
  private static long writeEvents(List<LoadConnection> writers)
      throws IOException, InterruptedException {
    String value = "x".repeat(900);
    LoadResult written =
        Loops.run(
            writers,
            16,
            EVENTS,
            Duration.ofSeconds(30),
            n ->
                LoadRequest.apply(
                    MAPS + "/stuck-" + n % 512 + "?fieldManager=bench&force=true",
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"n\":\""
                        + n
                        + "\",\"v\":\""
                        + value
                        + "\"}}"));
    return written.count();
  }

  /**
   * One object, overwritten again and again: the past is forgotten as it grows, and its room on
   * disk is used again.
   */
  private void overwrites() throws IOException, InterruptedException {
    try (LoadTarget load = new LoadTarget(URI.create(target.url()), target.token())) {
      List<LoadConnection> connections = load.connect(8);
      String map = Benches.map().toString().replace("generateName\":\"bench-", "name\":\"one");
      Loops.call(connections.getFirst(), LoadRequest.post(MAPS, map));
      StringBuilder figure = new StringBuilder();
      for (int turn = 0; turn < TURNS; turn++) {
        int from = turn * OVERWRITES;
        LoadResult unused =
            Loops.run(
                connections,
                16,
                OVERWRITES,
                Duration.ofSeconds(60),
                n ->
                    LoadRequest.mergePatch(
                        MAPS + "/one", "{\"data\":{\"k\":\"" + (from + n) + "\"}}"));
        figure.append(
            String.format(
                Locale.ROOT,
                "%sheap %d, store %d + %d",
                turn == 0 ? "" : " -> ",
                Memory.heap(cluster.pid()) >> 20,
                cluster.storeBytes(".sqlite") >> 20,
                cluster.storeBytes("-wal") >> 20));
      }
      out.accept(
          new Result(
                  "one object of 1 KiB overwritten 50 000, 100 000, 150 000, 200 000 times",
                  Memory.resident(cluster.pid()),
                  figure + " MB (database + log)",
                  "no growth")
              .by(Result.OURS));
    }
  }
}
