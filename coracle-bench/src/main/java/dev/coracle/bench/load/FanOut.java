package dev.coracle.bench.load;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Many watches of one collection and one writer with a few writes under way: the next write goes
 * out when all watchers have seen the one that many before. Every watcher gets the events in the
 * order of the writes, so the number of a line tells which write it belongs to.
 */
public final class FanOut {

  private static final int UNDER_WAY = 4;

  private final LoadConnection writer;
  private final int watchers;
  private final int writes;
  private final java.util.function.IntFunction<LoadRequest> write;
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final Latencies latencies = new Latencies();
  private final long[] sentAt;
  private int sent;
  private int answered;
  private long delivered;
  private int broken;
  private long ended;

  private FanOut(
      LoadConnection writer,
      int watchers,
      int writes,
      java.util.function.IntFunction<LoadRequest> write) {
    this.writer = writer;
    this.watchers = watchers;
    this.writes = writes;
    this.write = write;
    this.sentAt = new long[writes];
  }

  /**
   * @param connections for the watches, shared evenly
   * @param path of the watch, from a revision
   * @param warmUp how long to wait for the watches to stand
   */
  public static LoadResult run(
      List<LoadConnection> connections,
      LoadConnection writer,
      String path,
      int watchers,
      int writes,
      Duration warmUp,
      java.util.function.IntFunction<LoadRequest> write)
      throws IOException, InterruptedException {
    FanOut fanOut = new FanOut(writer, watchers, writes, write);
    for (int i = 0; i < watchers; i++) {
      LoadConnection connection = connections.get(i % connections.size());
      connection.execute(() -> connection.send(LoadRequest.get(path), fanOut.new Watcher()));
    }
    fanOut.opened.completeOnTimeout(
        null, warmUp.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
    Loops.await(fanOut.opened);
    writer.execute(fanOut::more);
    Loops.await(fanOut.done);
    return new LoadResult(
        fanOut.delivered,
        0,
        fanOut.broken,
        (fanOut.ended - fanOut.sentAt[0]) / 1e9,
        fanOut.latencies);
  }

  private void more() {
    while (sent < writes
        && sent - answered < UNDER_WAY
        && delivered >= (long) (sent - UNDER_WAY) * watchers) {
      sentAt[sent] = System.nanoTime();
      // One after the other in order: a single stream at a time would wait for each answer.
      writer.send(
          write.apply(sent++),
          status -> {
            answered++;
            if (status / 100 != 2) {
              done.completeExceptionally(new IOException("a write was answered " + status));
            }
            more();
            writer.channel().flush();
          });
    }
  }

  private final class Watcher implements Receiver {
    private int events;

    @Override
    public void data(ByteBuf data) {
      int lines = 0;
      int end = data.writerIndex();
      for (int at = data.readerIndex(); ; at++) {
        at = data.indexOf(at, end, (byte) '\n');
        if (at < 0) {
          break;
        }
        lines++;
      }
      if (lines == 0) {
        return;
      }
      long now = System.nanoTime();
      for (int i = 0; i < lines && events < writes; i++) {
        latencies.add(now - sentAt[events++]);
      }
      delivered += lines;
      if (delivered >= (long) writes * watchers) {
        ended = now;
        done.complete(null);
      } else if (sent < writes) {
        int before = sent;
        more();
        if (sent != before) {
          writer.channel().flush();
        }
      }
    }

    @Override
    public void end(int status) {
      if (!done.isDone()) {
        broken++;
        done.completeExceptionally(new IOException("a watch ended with " + status));
      }
    }
  }
}
