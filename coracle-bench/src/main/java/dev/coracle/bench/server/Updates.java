package dev.coracle.bench.server;

import dev.coracle.bench.load.Latencies;
import dev.coracle.bench.load.LoadConnection;
import dev.coracle.bench.load.LoadRequest;
import dev.coracle.bench.load.LoadResult;
import dev.coracle.bench.load.Loops;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Reads an object and writes it back changed, as a controller does; again after a conflict. */
final class Updates {

  private final String prefix;
  private final int total;
  private final CompletableFuture<LoadResult> done;
  private final Latencies latencies = new Latencies();
  private final long began = System.nanoTime();
  private int sent;
  private int running;
  private long count;
  private long conflicts;
  private long failures;

  Updates(String prefix, int total, CompletableFuture<LoadResult> done) {
    this.prefix = prefix;
    this.total = total;
    this.done = done;
  }

  void start(List<LoadConnection> connections, int streams) {
    running = connections.size() * streams;
    for (int i = 0; i < running; i++) {
      LoadConnection connection = connections.get(i % connections.size());
      connection.execute(() -> next(connection));
    }
  }

  private void next(LoadConnection connection) {
    if (sent >= total || failures > 0) {
      if (--running == 0) {
        double seconds = (System.nanoTime() - began) / 1e9;
        done.complete(new LoadResult(count, conflicts, failures, seconds, latencies));
      }
      return;
    }
    int number = sent++;
    attempt(connection, prefix + number % 8, number, System.nanoTime());
  }

  private void attempt(LoadConnection connection, String path, int number, long start) {
    connection.send(
        LoadRequest.get(path),
        new Loops.WholeBody(
            read -> {
              String changed =
                  read.body().replaceFirst("\"k\":\"[0-9]*\"", "\"k\":\"" + number + "\"");
              connection.send(
                  LoadRequest.put(path, changed),
                  status -> written(connection, path, number, start, status));
            }));
  }

  private void written(LoadConnection connection, String path, int number, long start, int status) {
    if (status == 409) {
      conflicts++;
      attempt(connection, path, number, start);
      return;
    }
    if (status == 200) {
      count++;
    } else {
      failures++;
    }
    latencies.add(System.nanoTime() - start);
    next(connection);
  }
}
