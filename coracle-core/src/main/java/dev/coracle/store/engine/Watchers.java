package dev.coracle.store.engine;

import dev.coracle.store.Store;
import java.util.Collection;
import java.util.SequencedCollection;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running watches of one store. The engine calls {@link #tell} and {@link #start} under one
 * lock of its own, so that a new watch misses no change between its history and what follows.
 */
final class Watchers {

  private static final Logger LOGGER = LoggerFactory.getLogger(Watchers.class);

  private final CopyOnWriteArrayList<ActiveWatch> active = new CopyOnWriteArrayList<>();

  /** Tells the past, then keeps telling until the watch is closed. */
  Store.Watch start(
      String prefix,
      SequencedCollection<Store.Change> past,
      long newestRevision,
      Store.Listener listener) {
    ActiveWatch watch = new ActiveWatch(prefix, listener);
    active.add(watch);
    past.forEach(watch::tell);
    watch.progressed(newestRevision);
    return watch;
  }

  /**
   * Tells each watch the changes under its prefix, then how far history has come if the last change
   * was not its own.
   */
  void tell(Collection<? extends Store.Change> changes, long newestRevision) {
    for (ActiveWatch watch : active) {
      for (Store.Change change : changes) {
        if (change.isUnder(watch.prefix)) {
          watch.tell(change);
        }
      }
      watch.progressed(newestRevision);
    }
  }

  /** Ends all watches. */
  void end(Exception cause) {
    for (ActiveWatch watch : active) {
      watch.end(cause);
    }
  }

  private final class ActiveWatch implements Store.Watch {

    private final String prefix;
    private final Store.Listener listener;
    private volatile boolean open = true;
    private long told;

    ActiveWatch(String prefix, Store.Listener listener) {
      this.prefix = prefix;
      this.listener = listener;
      this.told = -1;
    }

    void tell(Store.Change change) {
      if (!open) {
        return;
      }
      try {
        listener.changed(change);
        told = change.revision();
      } catch (RuntimeException e) {
        LOGGER.error("a listener of {} failed at {}", prefix, change.revision(), e);
        end(e);
      }
    }

    void progressed(long revision) {
      if (told != revision) {
        tell(new Store.Change.Progress(revision));
      }
    }

    void end(Exception cause) {
      if (!open) {
        return;
      }
      close();
      try {
        listener.ended(cause);
      } catch (RuntimeException e) {
        LOGGER.error("a listener of {} failed at its end", prefix, e);
      }
    }

    @Override
    public void close() {
      open = false;
      active.remove(this);
    }
  }
}
