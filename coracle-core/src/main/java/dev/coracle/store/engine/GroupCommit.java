package dev.coracle.store.engine;

import dev.coracle.store.ConflictException;
import dev.coracle.store.KeyExistsException;
import dev.coracle.store.Store;
import dev.coracle.store.StoreClosedException;
import dev.coracle.store.StoreFailedException;
import dev.coracle.store.StoreFullException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer sequence. Its thread takes all writes that wait, decides them in order, commits
 * them with one transaction and one fsync, publishes them, and only then lets their writers go:
 * while one group is on its way to the disk, the next one gathers.
 *
 * <p>When a commit fails, its whole group fails and nothing is published; the next group tries
 * anew. Compaction rides along, some rows with each commit, and goes on alone when nobody writes.
 */
final class GroupCommit {

  private static final Logger LOGGER = LoggerFactory.getLogger(GroupCommit.class);

  /** More would let the first writer of a group wait long for the last one's bytes. */
  private static final int GROUP_LIMIT = 1024;

  private static final long GROUP_BYTES = 8 << 20;

  private static final int OBSOLETE_LIMIT = 512;

  /** One writer's request and its answer. */
  private static final class Pending {
    final Write write;
    final CompletableFuture<Store.Change> answer = new CompletableFuture<>();
    Store.@Nullable Change change;
    @Nullable RuntimeException refused;

    Pending(Write write) {
      this.write = write;
    }
  }

  /** Wakes the thread without a write. */
  private final Pending wake = new Pending(new Write.Delete("", 0));

  private final Path directory;
  private final SqliteJournal journal;
  private final VersionedMap state;
  private final ObsoleteRows obsolete;
  private final Consumer<List<Store.Change>> publish;
  private final Checkpoints checkpoints;
  private final LinkedBlockingQueue<Pending> queue = new LinkedBlockingQueue<>();
  private final Thread thread;

  /** Compaction then waits for the next write instead of trying again and again. */
  private boolean compactionFailed;

  private volatile boolean closing;
  private volatile @Nullable RuntimeException failure;

  GroupCommit(
      Path directory,
      SqliteJournal journal,
      VersionedMap state,
      ObsoleteRows obsolete,
      Consumer<List<Store.Change>> publish) {
    this.directory = directory;
    this.journal = journal;
    this.state = state;
    this.obsolete = obsolete;
    this.publish = publish;
    this.checkpoints = new Checkpoints(journal);
    this.thread = Thread.ofPlatform().daemon().name("store-writer").start(this::run);
  }

  /** Does the write, in its turn, and returns when it is durable and told. */
  Store.Change write(Write write) {
    return await(queue(write));
  }

  /** Does the writes, in their order, in as few groups as may be; what exists stays as it is. */
  void createMissing(Collection<Write.Create> writes) {
    List<Pending> waiting = new ArrayList<>(writes.size());
    writes.forEach(write -> waiting.add(queue(write)));
    for (Pending pending : waiting) {
      try {
        Store.Change unused = await(pending);
      } catch (KeyExistsException e) {
        // It stays as it is.
      }
    }
  }

  private Pending queue(Write write) {
    Pending pending = new Pending(write);
    queue.add(pending);
    if (closing || failure != null) {
      // The thread may have emptied the queue for the last time before this write came.
      refuseWaiting();
    }
    return pending;
  }

  private static Store.Change await(Pending pending) {
    try {
      return pending.answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  void wake() {
    queue.add(wake);
  }

  /** Finishes the writes that wait, then closes the journal. */
  void close() {
    closing = true;
    wake();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    refuseWaiting();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    List<Pending> group = new ArrayList<>();
    try {
      while (!(closing && queue.isEmpty())) {
        gather(group);
        commit(group);
        group.clear();
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      failure = new StoreFailedException("the store's writer stopped: " + e, e);
      refuse(group);
      refuseWaiting();
    } finally {
      checkpoints.close();
      closeJournal();
    }
  }

  private void gather(List<Pending> group) throws InterruptedException {
    if (obsolete.isEmpty() || compactionFailed) {
      group.add(queue.take());
    }
    long bytes = 0;
    Pending next = queue.poll();
    while (next != null) {
      group.add(next);
      bytes += next.write.size();
      next = group.size() < GROUP_LIMIT && bytes < GROUP_BYTES ? queue.poll() : null;
    }
    group.removeIf(pending -> pending == wake);
  }

  private void commit(List<Pending> group) {
    Map<String, Store.Change> changed = new HashMap<>();
    List<Store.Change> changes = decide(group, changed);
    List<SqliteJournal.Obsolete> rows = obsolete.peek(OBSOLETE_LIMIT);
    if (!changes.isEmpty() || !rows.isEmpty()) {
      try {
        checkpoints.written(journal.append(changes, rows));
      } catch (SQLException e) {
        fail(group, changed, e);
        return;
      }
      obsolete.remove(rows.size());
      compactionFailed = false;
    }
    if (!changes.isEmpty()) {
      publish.accept(changes);
    }
    for (Pending pending : group) {
      if (pending.change != null) {
        pending.answer.complete(pending.change);
      } else if (pending.refused != null) {
        pending.answer.completeExceptionally(pending.refused);
      }
    }
  }

  private List<Store.Change> decide(List<Pending> group, Map<String, Store.Change> changed) {
    List<Store.Change> changes = new ArrayList<>(group.size());
    long revision = state.newestRevision();
    for (Pending pending : group) {
      String key = pending.write.key();
      Store.Entry existing =
          switch (changed.get(key)) {
            case null -> state.get(key);
            case Store.Change.Put put -> put.now();
            case Store.Change.Delete _, Store.Change.Progress _ -> null;
          };
      try {
        pending.change = pending.write.decide(existing, revision + 1);
        changed.put(key, pending.change);
        changes.add(pending.change);
        revision++;
      } catch (KeyExistsException | ConflictException e) {
        pending.refused = e;
      }
    }
    return changes;
  }

  /** A refusal stands, unless it rested on a change that has not come to be. */
  private void fail(List<Pending> group, Map<String, Store.Change> changed, SQLException cause) {
    for (Pending pending : group) {
      if (pending.refused != null && !changed.containsKey(pending.write.key())) {
        pending.answer.completeExceptionally(pending.refused);
      } else {
        pending.answer.completeExceptionally(
            new StoreFullException(
                "the store in " + directory + " takes no writes: " + cause.getMessage(), cause));
      }
    }
    compactionFailed = true;
  }

  private void refuseWaiting() {
    List<Pending> waiting = new ArrayList<>();
    if (failure != null || !thread.isAlive()) {
      queue.drainTo(waiting);
      refuse(waiting);
    }
  }

  private void refuse(List<Pending> waiting) {
    for (Pending pending : waiting) {
      RuntimeException reason = failure;
      pending.answer.completeExceptionally(reason == null ? new StoreClosedException() : reason);
    }
  }

  private void closeJournal() {
    try {
      journal.close();
    } catch (SQLException e) {
      LOGGER.warn("closing the store in {}: {}", directory, e.toString());
    }
  }
}
