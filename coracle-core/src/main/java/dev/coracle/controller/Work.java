package dev.coracle.controller;

import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A controller's workers over one queue: each takes a key and syncs it; a failure brings the key
 * back later and later.
 */
public final class Work<K> {

  private static final Logger LOG = LoggerFactory.getLogger(Work.class);

  /** Makes what a key names as it should be. */
  public interface Sync<K> {
    /**
     * @throws StatusException to be called again, later
     */
    void sync(K key) throws InterruptedException;
  }

  private final String name;
  private final int workers;
  private final Sync<K> sync;
  private final WorkQueue<K> queue;
  private final List<SharedInformer> watched = new ArrayList<>();
  private final List<SharedInformer.Registration> registrations = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  public Work(String name, Clock clock, int workers, Sync<K> sync) {
    this.name = name;
    this.workers = workers;
    this.sync = sync;
    this.queue = new WorkQueue<>(clock, WorkQueue.DEFAULT_BACKOFF, name);
  }

  public WorkQueue<K> queue() {
    return queue;
  }

  /** Hears of an informer's changes until {@link #stop}; {@link #start} waits for its cache. */
  public void watch(SharedInformer informer, SharedInformer.Handler handler) {
    synchronized (registrations) {
      watched.add(informer);
      registrations.add(informer.addHandler(handler));
    }
  }

  public void watch(SharedInformer informer, Consumer<KubeObject> changed) {
    watch(informer, SharedInformer.each(changed));
  }

  /** Waits for an informer's cache at {@link #start}, without hearing of its changes. */
  public void need(SharedInformer informer) {
    synchronized (registrations) {
      watched.add(informer);
    }
  }

  public void start() throws InterruptedException {
    List<SharedInformer> needed;
    synchronized (registrations) {
      needed = List.copyOf(watched);
    }
    for (SharedInformer informer : needed) {
      informer.awaitSync();
    }
    synchronized (registrations) {
      for (int i = 0; i < workers; i++) {
        threads.add(Thread.ofVirtual().name(name + "-" + i).start(this::run));
      }
    }
  }

  /** Returns when the workers have ended. */
  public void stop() {
    List<Thread> running;
    synchronized (registrations) {
      registrations.forEach(SharedInformer.Registration::remove);
      registrations.clear();
      running = List.copyOf(threads);
      threads.clear();
    }
    queue.close();
    try {
      for (Thread thread : running) {
        if (!thread.join(java.time.Duration.ofSeconds(2))) {
          thread.interrupt();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      for (K key = queue.take(); key != null; key = queue.take()) {
        try {
          sync.sync(key);
          queue.forget(key);
        } catch (StatusException e) {
          LOG.debug("{}: {}: {}", name, key, e.getMessage());
          queue.addRateLimited(key);
        } catch (RuntimeException e) {
          LOG.warn("{}: {}", name, key, e);
          queue.addRateLimited(key);
        } finally {
          queue.done(key);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
