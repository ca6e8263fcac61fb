package dev.coracle.store.engine;

import dev.coracle.store.Store;
import dev.coracle.store.StoreFailedException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the state and its history from the journal's rows. */
final class JournalLoader implements SqliteJournal.Loader {

  private final History.Bounds bounds;
  private final History.Forgotten forgotten;

  /** Entries that are older than history, until all of them are known. */
  private final List<Store.Entry> old = new ArrayList<>();

  private @Nullable VersionedMap state;
  private long compacted;

  private JournalLoader(History.Bounds bounds, History.Forgotten forgotten) {
    this.bounds = bounds;
    this.forgotten = forgotten;
  }

  static VersionedMap load(
      SqliteJournal journal, History.Bounds bounds, History.Forgotten forgotten)
      throws SQLException {
    JournalLoader loader = new JournalLoader(bounds, forgotten);
    try {
      journal.load(loader);
      loader.complete();
      return loader.state();
    } catch (IllegalStateException e) {
      throw new StoreFailedException("the store is damaged: " + e.getMessage(), e);
    }
  }

  @Override
  public void compacted(long revision) {
    compacted = revision;
    state = new VersionedMap(new History(bounds, revision, forgotten));
  }

  @Override
  public void row(long revision, long createRevision, String key, byte @Nullable [] value) {
    if (value != null && revision <= compacted) {
      old.add(Store.Entry.of(key, value, createRevision, revision));
      return;
    }
    complete();
    if (value == null) {
      Store.Entry last = state().get(key);
      if (last == null) {
        throw new IllegalStateException(
            "revision " + revision + " deletes " + key + ", which is not there");
      }
      state().apply(List.of(new Store.Change.Delete(last, revision)));
      return;
    }
    Store.Entry before = state().get(key);
    Store.Entry entry =
        before == null
            ? Store.Entry.of(key, value, createRevision, revision)
            : new Store.Entry(before.folder(), before.name(), value, createRevision, revision);
    state().apply(List.of(new Store.Change.Put(entry, before)));
  }

  private void complete() {
    if (!old.isEmpty()) {
      state().load(old);
      old.clear();
    }
  }

  private VersionedMap state() {
    if (state == null) {
      throw new IllegalStateException("the journal does not say what it has compacted");
    }
    return state;
  }
}
