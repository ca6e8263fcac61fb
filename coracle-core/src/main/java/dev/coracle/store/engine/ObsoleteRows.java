package dev.coracle.store.engine;

import dev.coracle.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What history has forgotten and the journal has still to remove. */
final class ObsoleteRows implements History.Forgotten {

  private final ConcurrentLinkedQueue<SqliteJournal.Obsolete> rows = new ConcurrentLinkedQueue<>();

  @Override
  public void forgotten(Store.Change change) {
    rows.add(
        switch (change) {
          case Store.Change.Put(Store.Entry now, Store.Entry before) ->
              new SqliteJournal.Obsolete(
                  now.modRevision(), before == null ? 0 : before.modRevision(), false);
          case Store.Change.Delete(Store.Entry last, long revision) ->
              new SqliteJournal.Obsolete(revision, last.modRevision(), true);
          case Store.Change.Progress(long revision) ->
              throw new IllegalArgumentException("progress is not a change: " + revision);
        });
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The oldest rows, which stay until {@link #remove}. */
  List<SqliteJournal.Obsolete> peek(int limit) {
    List<SqliteJournal.Obsolete> oldest = new ArrayList<>();
    for (SqliteJournal.Obsolete row : rows) {
      if (oldest.size() == limit) {
        break;
      }
      oldest.add(row);
    }
    return oldest;
  }

  void remove(int count) {
    for (int i = 0; i < count; i++) {
      rows.remove();
    }
  }
}
