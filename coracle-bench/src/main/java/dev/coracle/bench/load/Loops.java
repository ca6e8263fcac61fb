package dev.coracle.bench.load;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongFunction;

/** Closed loops: each stream sends its next request when the one before is answered. */
public final class Loops {

  private static final int TIMEOUT_SECONDS = 180;

  private Loops() {}

  /** An answer with its whole body. */
  public record Answer(int status, String body) {}

  /** One request, and its answer. */
  public static Answer call(LoadConnection connection, LoadRequest request)
      throws IOException, InterruptedException {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    connection.execute(() -> connection.send(request, new WholeBody(answer::complete)));
    return await(answer);
  }

  /**
   * @param requests the request of each number, counted from 0 over all streams
   * @param atMost no request begins after this
   */
  public static LoadResult run(
      List<LoadConnection> connections,
      int streams,
      long total,
      Duration atMost,
      LongFunction<LoadRequest> requests)
      throws IOException, InterruptedException {
    CompletableFuture<LoadResult> done = new CompletableFuture<>();
    Loop loop = new Loop(total, atMost.toNanos(), requests, done);
    connections.getFirst().execute(() -> loop.start(connections, streams));
    return await(done);
  }

  /** Waits for what the event loop completes, three minutes at most. */
  public static <T> T await(CompletableFuture<T> future) throws IOException, InterruptedException {
    try {
      return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no end within " + TIMEOUT_SECONDS + " s", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  /** Collects a body. */
  public static final class WholeBody implements Receiver {
    private final StringBuilder body = new StringBuilder();
    private final java.util.function.Consumer<Answer> then;

    public WholeBody(java.util.function.Consumer<Answer> then) {
      this.then = then;
    }

    @Override
    public void data(ByteBuf data) {
      body.append(data.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void end(int status) {
      then.accept(new Answer(status, body.toString()));
    }
  }

  private static final class Loop {
    private final long total;
    private final long atMost;
    private final LongFunction<LoadRequest> requests;
    private final CompletableFuture<LoadResult> done;
    private final Latencies latencies = new Latencies();
    private long began;
    private long sent;
    private int running;
    private long count;
    private long conflicts;
    private long failures;

    private Loop(
        long total,
        long atMost,
        LongFunction<LoadRequest> requests,
        CompletableFuture<LoadResult> done) {
      this.total = total;
      this.atMost = atMost;
      this.requests = requests;
      this.done = done;
    }

    private void start(List<LoadConnection> connections, int streams) {
      began = System.nanoTime();
      running = connections.size() * streams;
      for (LoadConnection connection : connections) {
        for (int i = 0; i < streams; i++) {
          next(connection);
        }
        connection.channel().flush();
      }
    }

    private void next(LoadConnection connection) {
      long now = System.nanoTime();
      if (sent >= total || now - began > atMost || failures > 1000) {
        if (--running == 0) {
          done.complete(new LoadResult(count, conflicts, failures, (now - began) / 1e9, latencies));
        }
        return;
      }
      connection.send(
          requests.apply(sent++),
          status -> {
            latencies.add(System.nanoTime() - now);
            if (status >= 200 && status < 300) {
              count++;
            } else if (status == 409) {
              conflicts++;
            } else {
              failures++;
            }
            next(connection);
          });
    }
  }
}
