package dev.coracle.store.engine;

import dev.coracle.store.ConflictException;
import dev.coracle.store.KeyExistsException;
import dev.coracle.store.Store;
import org.jspecify.annotations.Nullable;

/** What a writer asks for; {@link #decide} is all the rules that writes have. */
sealed interface Write {

  String key();

  /** About how many bytes the value has; 0 without a value. */
  int size();

  /**
   * The change that this write makes.
   *
   * @param existing the key's entry as the writes before this one leave it
   * @param revision the revision that the change takes
   * @throws KeyExistsException when the key to create exists
   * @throws ConflictException when the key is not as the writer expects
   */
  Store.Change decide(Store.@Nullable Entry existing, long revision);

  record Create(String key, Store.Value value) implements Write {
    @Override
    public int size() {
      return value.size();
    }

    @Override
    public Store.Change decide(Store.@Nullable Entry existing, long revision) {
      if (existing != null) {
        throw new KeyExistsException(existing);
      }
      return new Store.Change.Put(
          Store.Entry.of(key, value.at(revision), revision, revision), null);
    }
  }

  record Update(String key, Store.Value value, long expectedRevision) implements Write {
    @Override
    public int size() {
      return value.size();
    }

    @Override
    public Store.Change decide(Store.@Nullable Entry existing, long revision) {
      if (existing == null || existing.modRevision() != expectedRevision) {
        throw new ConflictException(key, expectedRevision, existing);
      }
      return new Store.Change.Put(
          new Store.Entry(
              existing.folder(),
              existing.name(),
              value.at(revision),
              existing.createRevision(),
              revision),
          existing);
    }
  }

  record Delete(String key, long expectedRevision) implements Write {
    @Override
    public int size() {
      return 0;
    }

    @Override
    public Store.Change decide(Store.@Nullable Entry existing, long revision) {
      if (existing == null
          || (expectedRevision != 0 && existing.modRevision() != expectedRevision)) {
        throw new ConflictException(key, expectedRevision, existing);
      }
      return new Store.Change.Delete(existing, revision);
    }
  }
}
