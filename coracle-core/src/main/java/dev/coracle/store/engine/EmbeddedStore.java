package dev.coracle.store.engine;

import dev.coracle.store.Store;
import dev.coracle.store.StoreClosedException;
import dev.coracle.store.StoreFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The store of one process on one directory: the state in memory, every change in a {@link
 * SqliteJournal} before it is acknowledged. Reading never touches the disk and so never waits for a
 * write; the {@link GroupCommit} thread is the one writer sequence.
 *
 * <p>The journal keeps what history keeps, so that watches from an older revision and ranges at one
 * go on after a restart.
 */
final class EmbeddedStore implements Store {

  /** Held while changes are applied and told, and while a watch starts. */
  private final ReentrantLock telling = new ReentrantLock();

  private final DirectoryLock lock;
  private final VersionedMap state;
  private final Watchers watchers = new Watchers();
  private final GroupCommit writer;
  private boolean closed;

  private EmbeddedStore(
      Path directory, DirectoryLock lock, SqliteJournal journal, History.Bounds bounds)
      throws SQLException {
    this.lock = lock;
    ObsoleteRows obsolete = new ObsoleteRows();
    this.state = JournalLoader.load(journal, bounds, obsolete);
    this.writer = new GroupCommit(directory, journal, state, obsolete, this::publish);
  }

  static EmbeddedStore open(Path directory, History.Bounds bounds) {
    try {
      makePrivate(directory);
      DirectoryLock lock = DirectoryLock.acquire(directory);
      try {
        SqliteLibrary.load(directory);
        SqliteJournal journal = SqliteJournal.open(directory);
        try {
          return new EmbeddedStore(directory, lock, journal, bounds);
        } catch (SQLException | RuntimeException e) {
          journal.close();
          throw e;
        }
      } catch (Exception e) {
        lock.close();
        throw e;
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new StoreFailedException("cannot open the store in " + directory + ": " + why(e), e);
    }
  }

  private static String why(Exception e) {
    return e instanceof FileAlreadyExistsException
        ? "it is a file"
        : String.valueOf(e.getMessage());
  }

  @Override
  public @Nullable Entry get(String key) {
    return state.get(key);
  }

  @Override
  public Range range(String prefix, String startKey, int limit, long revision) {
    return state.range(prefix, startKey, limit, revision);
  }

  @Override
  public Entry create(String key, Value value) {
    return ((Change.Put) writer.write(new Write.Create(key, value))).now();
  }

  @Override
  public void createMissing(SequencedMap<String, Value> values) {
    List<Write.Create> writes = new ArrayList<>(values.size());
    values.forEach((key, value) -> writes.add(new Write.Create(key, value)));
    writer.createMissing(writes);
  }

  @Override
  public Entry update(String key, Value value, long expectedRevision) {
    return ((Change.Put) writer.write(new Write.Update(key, value, expectedRevision))).now();
  }

  @Override
  public long delete(String key, long expectedRevision) {
    return writer.write(new Write.Delete(key, expectedRevision)).revision();
  }

  @Override
  public long currentRevision() {
    return state.newestRevision();
  }

  @Override
  public Watch watch(String prefix, long fromRevision, Listener listener) {
    telling.lock();
    try {
      if (closed) {
        throw new StoreClosedException();
      }
      Page past = state.changes(prefix, fromRevision, Integer.MAX_VALUE);
      return watchers.start(prefix, past.changes(), past.upTo(), listener);
    } finally {
      telling.unlock();
    }
  }

  @Override
  public Page changes(String prefix, long afterRevision, int limit) {
    return state.changes(prefix, afterRevision, limit);
  }

  @Override
  public void compact(long revision) {
    state.compact(revision);
    writer.wake();
  }

  @Override
  public long compactedRevision() {
    return state.compactedRevision();
  }

  @Override
  public void close() {
    telling.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      telling.unlock();
    }
    writer.close();
    telling.lock();
    try {
      watchers.end(new StoreClosedException());
    } finally {
      telling.unlock();
    }
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Values may be Secrets. */
  private static void makePrivate(Path directory) throws IOException {
    Files.createDirectories(directory);
    if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private void publish(List<Change> changes) {
    telling.lock();
    try {
      state.apply(changes);
      watchers.tell(changes, changes.getLast().revision());
    } finally {
      telling.unlock();
    }
  }
}
