package dev.coracle.client;

import dev.coracle.api.KubeObject;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A resource's objects, kept current in memory, and news of their changes.
 *
 * <p>Guarantees: handlers are told in order per object, one call at a time per handler, and after
 * the cache shows the change; a handler added late is first told of everything in the cache; after
 * a lost watch the cache catches up by itself, and handlers are told what differs; a deletion that
 * was missed is told with the last known state. An update event may stand for several writes; it is
 * never told twice with the same resourceVersion.
 */
public interface SharedInformer {

  /** Told of changes; must be quick (put a key into a {@link WorkQueue}). */
  interface Handler {
    void added(KubeObject object);

    void updated(KubeObject before, KubeObject now);

    void deleted(KubeObject last);
  }

  /** A handler that wants one method: the object that changed, whatever happened to it. */
  static Handler each(java.util.function.Consumer<KubeObject> changed) {
    return new Handler() {
      @Override
      public void added(KubeObject object) {
        changed.accept(object);
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        changed.accept(now);
      }

      @Override
      public void deleted(KubeObject last) {
        changed.accept(last);
      }
    };
  }

  /** A handler that hears only of objects that are no more, as they were last. */
  static Handler gone(java.util.function.Consumer<KubeObject> gone) {
    return new Handler() {
      @Override
      public void added(KubeObject object) {}

      @Override
      public void updated(KubeObject before, KubeObject now) {}

      @Override
      public void deleted(KubeObject last) {
        gone.accept(last);
      }
    };
  }

  /** What {@link #addHandler} gives: the way to hear no more. */
  interface Registration {
    /** No call of the handler begins after this. */
    void remove();
  }

  Registration addHandler(Handler handler);

  /** Adds an index; before the informer is started, or at any time later. */
  void addIndex(String index, Function<KubeObject, List<String>> keys);

  /**
   * Waits until the first list is in the cache and the handlers added before this call were told of
   * it.
   */
  void awaitSync() throws InterruptedException;

  boolean hasSynced();

  @Nullable KubeObject get(String namespace, String name);

  /** All objects, or those of one namespace; a snapshot in no order. */
  List<KubeObject> list(String namespace);

  /** The objects that an index files under a key. */
  List<KubeObject> byIndex(String index, String key);
}
