package dev.coracle.cluster.server;

import dev.coracle.api.Clock;
import dev.coracle.store.Store;
import java.time.Duration;

/**
 * Forgets the store's history after a while, as kube-apiserver has etcd do it ({@code
 * --etcd-compaction-interval}): at each turn what was past at the turn before. So the pages of a
 * list can be had for one to two intervals.
 */
final class HistoryCompaction implements AutoCloseable {

  /** Kubernetes' own. */
  static final Duration USUAL_INTERVAL = Duration.ofMinutes(5);

  private final Store store;
  private final Clock clock;
  private final Duration interval;
  private Clock.Timer timer;
  private long past;
  private boolean closed;

  HistoryCompaction(Store store, Clock clock, Duration interval) {
    this.store = store;
    this.clock = clock;
    this.interval = interval;
    this.past = store.currentRevision();
    this.timer = clock.schedule(interval, this::turn);
  }

  private synchronized void turn() {
    if (closed) {
      return;
    }
    if (past > store.compactedRevision()) {
      store.compact(past);
    }
    past = store.currentRevision();
    timer = clock.schedule(interval, this::turn);
  }

  @Override
  public synchronized void close() {
    closed = true;
    timer.cancel();
  }
}
