package dev.coracle.store.engine;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the journal's write-ahead log short without a pause for writers: a thread of its own copies
 * the bulk while writing goes on, then the writer copies the little that came meanwhile, after
 * which the log starts over. Called by the writer only.
 */
final class Checkpoints {

  private static final Logger LOGGER = LoggerFactory.getLogger(Checkpoints.class);
  private static final long THRESHOLD = 8L << 20;

  private final SqliteJournal journal;
  private final AtomicBoolean copied = new AtomicBoolean();
  private @Nullable Thread copying;
  private long bytes;

  Checkpoints(SqliteJournal journal) {
    this.journal = journal;
  }

  /** A commit has added about so many bytes to the log. */
  void written(long added) {
    bytes += added;
    if (copied.getAndSet(false)) {
      finish();
    }
    if (bytes > THRESHOLD && (copying == null || !copying.isAlive())) {
      bytes = 0;
      copying = Thread.ofPlatform().daemon().name("store-checkpoint").start(this::copy);
    }
  }

  /** Waits for the copying that runs. */
  void close() {
    boolean interrupted = false;
    while (copying != null) {
      try {
        copying.join();
        copying = null;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void copy() {
    try {
      journal.checkpoint();
      copied.set(true);
    } catch (SQLException e) {
      LOGGER.warn("checkpoint failed, the log keeps growing until the next one: {}", e.toString());
    }
  }

  private void finish() {
    try {
      journal.finishCheckpoint();
    } catch (SQLException e) {
      LOGGER.warn("checkpoint failed, the log keeps growing until the next one: {}", e.toString());
    }
  }
}
