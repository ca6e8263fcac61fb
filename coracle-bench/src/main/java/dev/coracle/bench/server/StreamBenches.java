package dev.coracle.bench.server;

import dev.coracle.api.Json;
import dev.coracle.bench.load.FanOut;
import dev.coracle.bench.load.LoadConnection;
import dev.coracle.bench.load.LoadRequest;
import dev.coracle.bench.load.LoadResult;
import dev.coracle.bench.load.LoadTarget;
import dev.coracle.bench.load.Loops;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The benches that h2load can't do: answers decide what is sent next. */
final class StreamBenches {

  private static final int ROUNDS = 3;
  private static final int FAN_OUT_WRITES = 300;

  private final Target target;
  private final Consumer<Result> out;
  private final String maps;
  private int series;
  private boolean filled;

  StreamBenches(Target target, Consumer<Result> out, String namespace) {
    this.target = target;
    this.out = out;
    this.maps = "/api/v1/namespaces/" + namespace + "/configmaps";
  }

  void run(Set<String> sections) throws IOException, InterruptedException {
    if (sections.contains("one")) {
      rate("merge patch, one at a time, durable", this::patchesAlone);
    }
    if (sections.contains("concurrent")) {
      concurrent("merge patch of 64 objects, 8 connections x 8 streams, durable", this::patches);
      concurrent("read and update of 8 objects by 16 writers, conflicts retried", this::updates);
      concurrent(
          "server-side apply of 64 objects, 8 connections x 8 streams, durable", this::applies);
    }
    if (sections.contains("mixed")) {
      concurrent(
          "a hundred operators: get 70 %, patch 20 %, list 5 %, create 5 %, ten watches",
          load -> mixed(load, false));
      concurrent(
          "the same while all ten watches are told of 20 000 objects that are there",
          load -> mixed(load, true));
    }
    if (sections.contains("fanout")) {
      fanOut(200, "");
      fanOut(1000, ">= 80 000/s, p99 <= 100 ms");
      fanOut(5000, "");
    }
  }

  private interface Measurement {
    LoadResult run(LoadTarget load) throws IOException, InterruptedException;
  }

  private void rate(String work, Measurement measurement) throws IOException, InterruptedException {
    out.accept(Result.rate(work, best(measurement).perSecond(), "").by(Result.OURS));
  }

  private void concurrent(String work, Measurement measurement)
      throws IOException, InterruptedException {
    LoadResult best = best(measurement);
    String conflicts = best.conflicts() == 0 ? "" : ", " + best.conflicts() + " conflicts";
    out.accept(new Result(work, best.perSecond(), figure(best) + conflicts, "").by(Result.OURS));
  }

  private void fanOut(int watchers, String goal) throws IOException, InterruptedException {
    LoadResult best = best(load -> fanOut(load, watchers));
    out.accept(
        new Result(
                "watch fan-out, " + watchers + " watchers, delivered",
                best.perSecond(),
                figure(best),
                goal)
            .by(Result.OURS));
  }

  private LoadResult best(Measurement measurement) throws IOException, InterruptedException {
    LoadResult best = null;
    for (int i = 0; i < ROUNDS; i++) {
      try (LoadTarget load = new LoadTarget(URI.create(target.url()), target.token())) {
        LoadResult result = measurement.run(load);
        if (result.failures() > 0) {
          throw new IOException(result.failures() + " requests failed");
        }
        if (best == null || result.perSecond() > best.perSecond()) {
          best = result;
        }
      }
    }
    return java.util.Objects.requireNonNull(best);
  }

  private static String figure(LoadResult result) {
    return String.format(
        Locale.ROOT,
        "%,.0f/s, p50 %.0f ms, p99 %.0f ms",
        result.perSecond(),
        result.latencies().percentile(0.5),
        result.latencies().percentile(0.99));
  }

  private String created(LoadConnection connection, int count)
      throws IOException, InterruptedException {
    String prefix = "s" + series++ + "-";
    for (int i = 0; i < count; i++) {
      Loops.Answer answer =
          Loops.call(
              connection,
              LoadRequest.post(
                  maps,
                  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\""
                      + prefix
                      + i
                      + "\"},\"data\":{\"k\":\"0\"}}"));
      if (answer.status() != 201) {
        throw new IOException("create was answered " + answer.status() + ": " + answer.body());
      }
    }
    return maps + "/" + prefix;
  }

  private LoadResult patchesAlone(LoadTarget load) throws IOException, InterruptedException {
    List<LoadConnection> connections = load.connect(1);
    String one = created(connections.getFirst(), 1) + "0";
    return Loops.run(
        connections,
        1,
        2_000,
        Duration.ofSeconds(20),
        n -> LoadRequest.mergePatch(one, "{\"data\":{\"k\":\"" + n + "\"}}"));
  }

  private LoadResult patches(LoadTarget load) throws IOException, InterruptedException {
    List<LoadConnection> connections = load.connect(8);
    String prefix = created(connections.getFirst(), 64);
    return Loops.run(
        connections,
        8,
        10_000,
        Duration.ofSeconds(20),
        n -> LoadRequest.mergePatch(prefix + n % 64, "{\"data\":{\"k\":\"" + n + "\"}}"));
  }

  private LoadResult applies(LoadTarget load) throws IOException, InterruptedException {
    List<LoadConnection> connections = load.connect(8);
    String prefix = created(connections.getFirst(), 64);
    return Loops.run(
        connections,
        8,
        10_000,
        Duration.ofSeconds(20),
        n ->
            LoadRequest.apply(
                prefix + n % 64 + "?fieldManager=bench&force=true",
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"k\":\"" + n + "\"}}"));
  }

  /**
   * What operators do all day: each of 100 streams, on ten connections with a watch each, mostly
   * reads what it owns, now and then patches it, sometimes lists and creates.
   *
   * @param storm whether the watches begin with all that is there, as after a restart, instead of
   *     the revision of a list
   */
  private LoadResult mixed(LoadTarget load, boolean storm)
      throws IOException, InterruptedException {
    List<LoadConnection> connections = load.connect(10);
    LoadConnection first = connections.getFirst();
    if (storm) {
      fill(connections);
    }
    String prefix = created(first, 100);
    String revision = storm ? "0" : revision(first);
    for (LoadConnection connection : connections) {
      connection.execute(
          () ->
              connection.send(
                  LoadRequest.get(maps + "?watch=1&resourceVersion=" + revision), _ -> {}));
    }
    return Loops.run(
        connections,
        10,
        20_000,
        Duration.ofSeconds(20),
        n -> {
          String own = prefix + n % 100;
          return switch ((int) (n / 100 % 20)) {
            case 0, 5, 10, 15 -> LoadRequest.mergePatch(own, "{\"data\":{\"k\":\"" + n + "\"}}");
            case 7 -> LoadRequest.get(maps + "?limit=100");
            case 13 ->
                LoadRequest.post(
                    maps,
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"generateName\":\"mixed-\"}}");
            default -> LoadRequest.get(own);
          };
        });
  }

  private String revision(LoadConnection connection) throws IOException, InterruptedException {
    return Json.read(Loops.call(connection, LoadRequest.get(maps + "?limit=1")).body())
        .at("/metadata/resourceVersion")
        .asText();
  }

  private void fill(List<LoadConnection> connections) throws IOException, InterruptedException {
    if (!filled) {
      filled = true;
      String map = Benches.map().toString();
      LoadResult unused =
          Loops.run(
              connections, 10, 20_000, Duration.ofSeconds(30), _ -> LoadRequest.post(maps, map));
    }
  }

  private LoadResult updates(LoadTarget load) throws IOException, InterruptedException {
    List<LoadConnection> connections = load.connect(4);
    String prefix = created(connections.getFirst(), 8);
    CompletableFuture<LoadResult> done = new CompletableFuture<>();
    Updates updates = new Updates(prefix, 4_000, done);
    connections.getFirst().execute(() -> updates.start(connections, 4));
    return Loops.await(done);
  }

  /** Many watches of one object, and patches of it. */
  private LoadResult fanOut(LoadTarget load, int watchers)
      throws IOException, InterruptedException {
    List<LoadConnection> connections = load.connect(Math.max(8, watchers / 80));
    LoadConnection writer = load.connect(1).getFirst();
    String path = created(writer, 1) + "0";
    String revision = revision(writer);
    String name = path.substring(path.lastIndexOf('/') + 1);
    return FanOut.run(
        connections,
        writer,
        maps + "?watch=1&fieldSelector=metadata.name%3D" + name + "&resourceVersion=" + revision,
        watchers,
        FAN_OUT_WRITES,
        Duration.ofSeconds(2),
        n -> LoadRequest.mergePatch(path, "{\"data\":{\"k\":\"" + n + "\",\"n\":\"1\"}}"));
  }
}
