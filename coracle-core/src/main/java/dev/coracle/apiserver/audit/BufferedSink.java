package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Gathers events and hands them on in batches, by a thread of its own. Requests never wait: what
 * does not fit into the buffer is lost and counted.
 */
final class BufferedSink implements AuditSink {

  private final AuditSink sink;
  private final AuditConfig.Batch config;
  private final AuditErrors.Plugin errors;
  private final BlockingQueue<ObjectNode> buffer;
  private final Thread worker;
  private volatile boolean closing;
  private double tokens;
  private long refilledAt = System.nanoTime();

  BufferedSink(AuditSink sink, AuditConfig.Batch config, AuditErrors.Plugin errors) {
    this.sink = sink;
    this.config = config;
    this.errors = errors;
    this.buffer = new ArrayBlockingQueue<>(config.bufferSize());
    this.tokens = config.throttleBurst();
    this.worker = Thread.ofPlatform().name("audit-batches").daemon().start(this::run);
  }

  @Override
  public boolean process(List<ObjectNode> events) {
    int lost = 0;
    for (ObjectNode event : events) {
      if (closing || !buffer.offer(event)) {
        lost++;
      }
    }
    if (lost > 0) {
      errors.lost(lost, closing ? "audit backend shut down" : "audit buffer queue blocked");
    }
    return true;
  }

  private void run() {
    try {
      while (!closing) {
        List<ObjectNode> batch = collect();
        if (!batch.isEmpty()) {
          throttle();
          sink.process(batch);
        }
      }
    } catch (InterruptedException e) {
      // closing: what is left goes out below
    }
    List<ObjectNode> rest = new ArrayList<>();
    while (buffer.drainTo(rest, config.maxSize()) > 0) {
      sink.process(List.copyOf(rest));
      rest.clear();
    }
  }

  private List<ObjectNode> collect() throws InterruptedException {
    List<ObjectNode> batch = new ArrayList<>();
    if (config.maxWait().isZero()) {
      batch.add(buffer.take());
      buffer.drainTo(batch, config.maxSize() - 1);
      return batch;
    }
    long end = System.nanoTime() + config.maxWait().toNanos();
    while (batch.size() < config.maxSize() && !closing) {
      ObjectNode event;
      try {
        event = buffer.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        if (!batch.isEmpty()) {
          sink.process(batch);
        }
        throw e;
      }
      if (event == null) {
        break;
      }
      batch.add(event);
      buffer.drainTo(batch, config.maxSize() - batch.size());
    }
    return batch;
  }

  /** A bucket of tokens: one for each batch, refilled at the rate. */
  private void throttle() throws InterruptedException {
    if (config.throttleQps() <= 0) {
      return;
    }
    while (true) {
      long now = System.nanoTime();
      tokens =
          Math.min(
              config.throttleBurst(), tokens + (now - refilledAt) / 1e9 * config.throttleQps());
      refilledAt = now;
      if (tokens >= 1) {
        tokens--;
        return;
      }
      TimeUnit.NANOSECONDS.sleep((long) ((1 - tokens) / config.throttleQps() * 1e9) + 1);
    }
  }

  @Override
  public void close() {
    closing = true;
    worker.interrupt();
    try {
      worker.join(5000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sink.close();
  }
}
