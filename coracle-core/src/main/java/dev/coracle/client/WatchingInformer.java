package dev.coracle.client;

import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An informer that lists, watches from the list's revision, and begins again when the watch ends:
 * from the last revision seen (bookmarks count), or with a new list when that is gone (410); the
 * list is then compared with the cache and handlers hear the difference.
 */
final class WatchingInformer implements SharedInformer {

  private static final Logger LOG = LoggerFactory.getLogger(WatchingInformer.class);
  private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(30));

  /** A watch that lived so long was a healthy one: its end is no failure. */
  private static final Duration HEALTHY = Duration.ofSeconds(1);

  private static final int HANDLER_QUEUE_CAPACITY = 10_000;

  private final Client client;
  private final GroupVersionResource resource;
  private final String namespace;
  private final ListOptions selection;
  private final Clock clock;
  private final ObjectCache cache = new ObjectCache();
  private final ReentrantLock writing = new ReentrantLock();
  private final CopyOnWriteArrayList<HandlerQueue> handlers = new CopyOnWriteArrayList<>();
  private final CountDownLatch listed = new CountDownLatch(1);
  private final AtomicReference<@Nullable Session> session = new AtomicReference<>();
  private volatile long revision;
  private volatile boolean closing;
  private volatile @Nullable Thread thread;

  WatchingInformer(
      Client client,
      GroupVersionResource resource,
      String namespace,
      ListOptions selection,
      Clock clock) {
    this.client = client;
    this.resource = resource;
    this.namespace = namespace;
    this.selection = selection;
    this.clock = clock;
  }

  void start() {
    thread = Thread.ofVirtual().name("watch-" + resource.qualified()).start(this::run);
  }

  void close() {
    closing = true;
    Session running = session.get();
    if (running != null) {
      running.end(null);
    }
    Thread runner = thread;
    if (runner != null) {
      runner.interrupt();
    }
    handlers.forEach(HandlerQueue::close);
    listed.countDown();
  }

  @Override
  public Registration addHandler(Handler handler) {
    HandlerQueue queue = new HandlerQueue(resource.qualified(), handler, HANDLER_QUEUE_CAPACITY);
    writing.lock();
    try {
      cache.list("").forEach(object -> queue.offer(null, object, null));
      handlers.add(queue);
    } finally {
      writing.unlock();
    }
    if (closing) {
      queue.close();
    }
    return () -> {
      handlers.remove(queue);
      queue.close();
    };
  }

  @Override
  public void addIndex(String index, Function<KubeObject, List<String>> keys) {
    writing.lock();
    try {
      cache.addIndex(index, keys);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void awaitSync() throws InterruptedException {
    listed.await();
    List<HandlerQueue> told = List.copyOf(handlers);
    CountDownLatch marks = new CountDownLatch(told.size());
    told.forEach(queue -> queue.mark(marks::countDown));
    marks.await();
  }

  @Override
  public boolean hasSynced() {
    return listed.getCount() == 0;
  }

  @Override
  public @Nullable KubeObject get(String inNamespace, String name) {
    return cache.get(inNamespace, name);
  }

  @Override
  public List<KubeObject> list(String inNamespace) {
    return cache.list(inNamespace);
  }

  @Override
  public List<KubeObject> byIndex(String index, String key) {
    return cache.byIndex(index, key);
  }

  private void run() {
    int failures = 0;
    boolean relist = true;
    while (!closing) {
      Instant started = clock.instant();
      StatusException cause;
      try {
        if (relist) {
          list();
          relist = false;
        }
        cause = watch();
      } catch (StatusException e) {
        cause = e;
      } catch (RuntimeException e) {
        LOG.warn("watching {} failed", resource.qualified(), e);
        cause = StatusException.internal(String.valueOf(e.getMessage()));
      }
      if (closing) {
        return;
      }
      if (cause != null && cause.isGone()) {
        relist = true;
      }
      boolean healthy = !clock.instant().isBefore(started.plus(HEALTHY));
      failures = healthy ? 1 : failures + 1;
      if (failures > 1) {
        LOG.debug("watching {}: {}", resource.qualified(), String.valueOf(cause));
      }
      pause(BACKOFF.after(failures));
    }
  }

  private void pause(Duration delay) {
    CountDownLatch over = new CountDownLatch(1);
    Clock.Timer timer = clock.schedule(delay, over::countDown);
    try {
      over.await();
    } catch (InterruptedException e) {
      timer.cancel();
    }
  }

  /** Fills the cache anew and tells handlers what differs. */
  private void list() {
    ObjectList list = client.list(resource, namespace, selection);
    handlers.forEach(HandlerQueue::awaitRoom);
    writing.lock();
    try {
      Map<String, KubeObject> gone = new HashMap<>();
      cache.list("").forEach(object -> gone.put(object.key(), object));
      for (KubeObject object : list.items()) {
        KubeObject before = gone.remove(object.key());
        if (before != null && !before.uid().equals(object.uid())) {
          remove(before);
        }
        put(object);
      }
      gone.values().forEach(this::remove);
      revision = list.resourceVersion();
    } finally {
      writing.unlock();
    }
    listed.countDown();
  }

  private void put(KubeObject object) {
    KubeObject before = cache.put(object);
    if (before == null || before.resourceVersion() != object.resourceVersion()) {
      handlers.forEach(queue -> queue.offer(before, object, null));
    }
  }

  private void remove(KubeObject last) {
    if (cache.remove(last.namespace(), last.name()) != null) {
      handlers.forEach(queue -> queue.offer(null, null, last));
    }
  }

  private void apply(WatchEvent event) {
    KubeObject object = event.object();
    switch (event.type()) {
      case ADDED, MODIFIED -> {
        handlers.forEach(HandlerQueue::awaitRoom);
        writing.lock();
        try {
          put(object);
          revision = object.resourceVersion();
        } finally {
          writing.unlock();
        }
      }
      case DELETED -> {
        handlers.forEach(HandlerQueue::awaitRoom);
        writing.lock();
        try {
          remove(object);
          revision = object.resourceVersion();
        } finally {
          writing.unlock();
        }
      }
      case BOOKMARK -> revision = object.resourceVersion();
      case ERROR -> throw new IllegalStateException("an error is no change");
    }
  }

  /** Watches until the watch ends; why it did, or null when it was closed. */
  private @Nullable StatusException watch() {
    Session running = new Session();
    session.set(running);
    if (closing) {
      return null;
    }
    ListOptions options = selection.withResourceVersion(Long.toString(revision)).withBookmarks();
    try (Transport.Watch watch = client.watch(resource, namespace, options, running)) {
      return running.await();
    } finally {
      session.set(null);
    }
  }

  /** One watch; deaf after its end. */
  private final class Session implements Transport.WatchHandler {

    private final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable StatusException cause;
    private volatile boolean ended;

    @Override
    public void event(WatchEvent event) {
      if (ended) {
        return;
      }
      if (event.type() == WatchEvent.Type.ERROR) {
        KubeObject status = event.object();
        String message = status.text("message");
        end(
            status.at("code").asInt() == 410
                ? StatusException.expired(message)
                : StatusException.internal(message));
        return;
      }
      apply(event);
    }

    @Override
    public void ended(StatusException why) {
      if (!ended) {
        end(why);
      }
    }

    void end(@Nullable StatusException why) {
      cause = why;
      ended = true;
      over.countDown();
    }

    @Nullable StatusException await() {
      try {
        over.await();
      } catch (InterruptedException e) {
        ended = true;
      }
      return cause;
    }
  }
}
