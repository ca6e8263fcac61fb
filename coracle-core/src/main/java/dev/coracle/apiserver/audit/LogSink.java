package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Writes events as lines into a file or to standard output. One thread writes; callers wait for it,
 * and those who wait together share one write.
 */
final class LogSink implements AuditSink {

  private static final int MOST_WAITING = 1024;

  private record Lines(byte[] bytes, CompletableFuture<Boolean> written) {}

  private static final Lines END = new Lines(new byte[0], new CompletableFuture<>());

  private final LogFile file;
  private final boolean legacy;
  private final AuditErrors.Plugin errors;
  private final BlockingQueue<Lines> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Thread writer;

  LogSink(AuditConfig.Log config, AuditErrors.Plugin errors) throws IOException {
    this.file = LogFile.open(config);
    this.legacy = config.legacy();
    this.errors = errors;
    this.writer = Thread.ofPlatform().name("audit-log").daemon().start(this::run);
  }

  @Override
  public boolean process(List<ObjectNode> events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024 * events.size());
    for (ObjectNode event : events) {
      out.writeBytes(
          legacy ? LegacyFormat.line(event).getBytes(StandardCharsets.UTF_8) : Json.write(event));
      out.write('\n');
    }
    Lines lines = new Lines(out.toByteArray(), new CompletableFuture<>());
    try {
      waiting.put(lines);
      return lines.written.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      errors.lost(events.size(), String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void run() {
    List<Lines> group = new ArrayList<>();
    try {
      while (true) {
        group.clear();
        group.add(waiting.take());
        waiting.drainTo(group);
        boolean end = group.remove(END);
        write(group);
        if (end) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      file.close();
    }
  }

  private void write(List<Lines> group) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    group.forEach(lines -> all.writeBytes(lines.bytes));
    boolean written = true;
    try {
      file.write(all.toByteArray());
    } catch (IOException e) {
      written = false;
      errors.lost(group.size(), e.getMessage() == null ? e.toString() : e.getMessage());
    }
    for (Lines lines : group) {
      lines.written.complete(written);
    }
  }

  @Override
  public void close() {
    try {
      if (waiting.offer(END, 5, TimeUnit.SECONDS)) {
        writer.join(5000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.interrupt();
  }
}
