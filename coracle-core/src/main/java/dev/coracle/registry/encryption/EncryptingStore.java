package dev.coracle.registry.encryption;

import dev.coracle.store.ConflictException;
import dev.coracle.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store whose values are enciphered in the store beneath. A value that cannot be read is handed
 * out as an object with nothing but its name, and {@link #unreadable()} says why: others of its
 * kind are served as ever.
 */
final class EncryptingStore implements Store {

  private static final Logger LOG = LoggerFactory.getLogger(EncryptingStore.class);

  private final Store store;
  private final Map<String, String> unreadable = new ConcurrentHashMap<>();
  private final Set<Running> watches = ConcurrentHashMap.newKeySet();
  private volatile Transformers transformers;

  EncryptingStore(Store store, Transformers transformers) {
    this.store = store;
    this.transformers = transformers;
  }

  /**
   * Uses other transformers from now on; caches that hold what could not be read are filled again.
   */
  Transformers replace(Transformers others) {
    Transformers before = transformers;
    transformers = others;
    List<String> keys = List.copyOf(unreadable.keySet());
    unreadable.clear();
    for (Running watch : watches) {
      if (keys.stream().anyMatch(key -> key.startsWith(watch.prefix))) {
        watch.close();
        watch.listener.ended(new IllegalStateException("the encryption configuration changed"));
      }
    }
    return before;
  }

  @Override
  public Map<String, String> unreadable() {
    return unreadable;
  }

  @Override
  public boolean isStale(String key) {
    Transformer transformer = transformers.of(key);
    if (transformer instanceof Identity) {
      return store.isStale(key);
    }
    Entry entry = store.get(key);
    if (entry == null) {
      return false;
    }
    try {
      return transformer.fromStorage(entry.value(), 0, context(key)).stale();
    } catch (Transformer.Unreadable e) {
      return true;
    }
  }

  private static byte[] context(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Entry create(String key, Value value) {
    Transformer transformer = transformers.of(key);
    if (transformer instanceof Identity) {
      return store.create(key, value);
    }
    transformer.prepare();
    return inClear(store.create(key, enciphered(transformer, key, value)), value);
  }

  @Override
  public void createMissing(SequencedMap<String, Value> values) {
    SequencedMap<String, Value> stored = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          Transformer transformer = transformers.of(key);
          if (transformer instanceof Identity) {
            stored.put(key, value);
          } else {
            transformer.prepare();
            stored.put(key, enciphered(transformer, key, value));
          }
        });
    store.createMissing(stored);
  }

  @Override
  public Entry update(String key, Value value, long expectedRevision) {
    Transformer transformer = transformers.of(key);
    try {
      if (transformer instanceof Identity) {
        return store.update(key, value, expectedRevision);
      }
      transformer.prepare();
      return inClear(
          store.update(key, enciphered(transformer, key, value), expectedRevision), value);
    } catch (ConflictException e) {
      throw inClear(e);
    }
  }

  private static Entry inClear(Entry stored, Value value) {
    return stored.withValue(value.at(stored.modRevision()));
  }

  private static Value enciphered(Transformer transformer, String key, Value value) {
    byte[] context = context(key);
    return new Value() {
      @Override
      public int size() {
        return value.size() + 128;
      }

      @Override
      public byte[] at(long revision) {
        return transformer.toStorage(value.at(revision), context);
      }
    };
  }

  private ConflictException inClear(ConflictException e) {
    Entry entry = e.entry();
    return entry == null ? e : e.showing(inClear(entry));
  }

  @Override
  public long delete(String key, long expectedRevision) {
    try {
      return store.delete(key, expectedRevision);
    } catch (ConflictException e) {
      throw inClear(e);
    }
  }

  @Override
  public @Nullable Entry get(String key) {
    Entry entry = store.get(key);
    return entry == null ? null : inClear(entry);
  }

  @Override
  public Range range(String prefix, String startKey, int limit, long revision) {
    Range range = store.range(prefix, startKey, limit, revision);
    boolean same = true;
    List<Entry> entries = new ArrayList<>(range.entries().size());
    for (Entry entry : range.entries()) {
      Entry clear = inClear(entry);
      same &= clear == entry;
      entries.add(clear);
    }
    return same ? range : new Range(entries, range.revision(), range.more(), range.count());
  }

  /** An entry as the registry reads it; the same one when nothing was enciphered. */
  private Entry inClear(Entry entry) {
    byte[] stored = entry.value();
    Transformer transformer = transformers.of(entry.key());
    if (transformer instanceof Identity && !Identity.isEnciphered(stored, 0)) {
      return entry;
    }
    byte[] value;
    try {
      value = transformer.fromStorage(stored, 0, context(entry.key())).bytes();
      if (!unreadable.isEmpty()) {
        unreadable.remove(entry.key());
      }
    } catch (Transformer.Unreadable e) {
      if (!String.valueOf(e.getMessage())
          .equals(unreadable.put(entry.key(), String.valueOf(e.getMessage())))) {
        LOG.error("unable to transform key \"{}\": {}", entry.key(), e.getMessage());
      }
      value = nameOnly(entry.key());
    }
    return value == stored ? entry : entry.withValue(value);
  }

  /** {@code /registry/GROUP/RESOURCE/[NAMESPACE/]NAME} as an object; names need no escapes. */
  private static byte[] nameOnly(String key) {
    String[] parts = key.split("/", -1);
    String namespace = parts.length > 5 ? ",\"namespace\":\"" + parts[4] + "\"" : "";
    return ("{\"metadata\":{\"name\":\"" + parts[parts.length - 1] + "\"" + namespace + "}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** An entry that is no more: whether it can be read tells nothing about now. */
  private Entry quietly(Entry entry) {
    String known = unreadable.get(entry.key());
    Entry clear = inClear(entry);
    if (known == null) {
      unreadable.remove(entry.key());
    } else {
      unreadable.put(entry.key(), known);
    }
    return clear;
  }

  private Change past(Change change) {
    return switch (change) {
      case Change.Put put -> {
        Entry before = put.before();
        yield new Change.Put(quietly(put.now()), before == null ? null : quietly(before));
      }
      case Change.Delete delete -> new Change.Delete(quietly(delete.last()), delete.revision());
      case Change.Progress progress -> progress;
    };
  }

  @Override
  public Watch watch(String prefix, long fromRevision, Listener listener) {
    Running running = new Running(prefix, listener);
    watches.add(running);
    try {
      running.watch = store.watch(prefix, fromRevision, running);
    } catch (RuntimeException e) {
      watches.remove(running);
      throw e;
    }
    return running;
  }

  /** A watch that tells its listener changes in clear. */
  private final class Running implements Listener, Watch {
    private final String prefix;
    private final Listener listener;
    private volatile @Nullable Watch watch;

    Running(String prefix, Listener listener) {
      this.prefix = prefix;
      this.listener = listener;
    }

    @Override
    public void changed(Change change) {
      listener.changed(
          switch (change) {
            case Change.Put put -> {
              Entry before = put.before();
              Entry now = inClear(put.now());
              Entry was = before == null ? null : quietly(before);
              yield now == put.now() && was == before ? put : new Change.Put(now, was);
            }
            case Change.Delete delete -> {
              Entry last = quietly(delete.last());
              unreadable.remove(delete.last().key());
              yield last == delete.last() ? delete : new Change.Delete(last, delete.revision());
            }
            case Change.Progress progress -> progress;
          });
    }

    @Override
    public void ended(Exception cause) {
      watches.remove(this);
      listener.ended(cause);
    }

    @Override
    public void close() {
      watches.remove(this);
      Watch running = watch;
      if (running != null) {
        running.close();
      }
    }
  }

  @Override
  public long currentRevision() {
    return store.currentRevision();
  }

  @Override
  public long readRevision() {
    return store.readRevision();
  }

  @Override
  public Page changes(String prefix, long afterRevision, int limit) {
    Page page = store.changes(prefix, afterRevision, limit);
    List<Change> clear = new ArrayList<>(page.changes().size());
    page.changes().forEach(change -> clear.add(past(change)));
    return new Page(clear, page.upTo());
  }

  @Override
  public void compact(long revision) {
    store.compact(revision);
  }

  @Override
  public long compactedRevision() {
    return store.compactedRevision();
  }

  @Override
  public void close() {
    store.close();
  }
}
