package dev.coracle.client;

import dev.coracle.api.Clock;
import dev.coracle.metrics.Metrics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keys waiting to be worked on, each at most once, with the guarantees of client-go's work queue: a
 * key that is added while it waits is worked on once; a key that is added while it is being worked
 * on is worked on again afterwards, and never by two workers at a time. Every {@link #take} is
 * answered by a {@link #done}.
 */
public final class WorkQueue<K> {

  /** The delays of repeated failures that controllers use. */
  public static final Backoff DEFAULT_BACKOFF =
      new Backoff(Duration.ofMillis(5), Duration.ofSeconds(1000));

  private record Delayed(Instant at, Clock.Timer timer) {}

  private final Clock clock;
  private final Backoff backoff;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<K> ready = new ArrayDeque<>();
  private final Set<K> dirty = new HashSet<>();
  private final Set<K> working = new HashSet<>();
  private final Map<K, Delayed> delayed = new HashMap<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private final Map<K, Long> waitingSince = new HashMap<>();
  private final Map<K, Long> workingSince = new HashMap<>();
  private final @Nullable QueueMetrics metrics;
  private boolean closed;

  public WorkQueue(Clock clock) {
    this(clock, DEFAULT_BACKOFF);
  }

  public WorkQueue(Clock clock, Backoff backoff) {
    this(clock, backoff, "");
  }

  /**
   * @param name under which {@code workqueue_*} metrics show it; empty for none
   */
  public WorkQueue(Clock clock, Backoff backoff, String name) {
    this.clock = clock;
    this.backoff = backoff;
    this.metrics = QueueMetrics.of(name, this);
  }

  /** Says where the named queues that are made from now on are counted; null for nowhere. */
  public static void countIn(@Nullable Metrics metrics) {
    QueueMetrics.countIn(metrics);
  }

  /** Ends {@link #countIn}, unless somebody else counts by now. */
  public static void countNoMoreIn(Metrics metrics) {
    if (QueueMetrics.countsIn(metrics)) {
      QueueMetrics.countIn(null);
    }
  }

  /**
   * How long each key that is being worked on has taken so far; only of queues that are counted.
   */
  List<Long> runningNanos() {
    lock.lock();
    try {
      return QueueMetrics.ages(workingSince);
    } finally {
      lock.unlock();
    }
  }

  public void add(K key) {
    lock.lock();
    try {
      if (closed || !dirty.add(key)) {
        return;
      }
      if (metrics != null) {
        metrics.added();
        waitingSince.put(key, System.nanoTime());
      }
      if (!working.contains(key)) {
        ready.addLast(key);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adds a key when a delay has passed; of several delays of one key the shortest counts. */
  public void addAfter(K key, Duration delay) {
    if (delay.isZero() || delay.isNegative()) {
      add(key);
      return;
    }
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Instant at = clock.instant().plus(delay);
      Delayed known = delayed.get(key);
      if (known != null) {
        if (!at.isBefore(known.at)) {
          return;
        }
        known.timer.cancel();
      }
      delayed.put(key, new Delayed(at, clock.schedule(delay, () -> due(key, at))));
    } finally {
      lock.unlock();
    }
  }

  private void due(K key, Instant at) {
    lock.lock();
    try {
      Delayed known = delayed.get(key);
      if (known != null && known.at.equals(at)) {
        delayed.remove(key);
      }
    } finally {
      lock.unlock();
    }
    add(key);
  }

  /** Adds a key after a delay that doubles with every call until {@link #forget}. */
  public void addRateLimited(K key) {
    int count;
    if (metrics != null) {
      metrics.retried();
    }
    lock.lock();
    try {
      count = failures.merge(key, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    addAfter(key, backoff.after(count));
  }

  /** The key's work succeeded (or will not be tried again): its delays start anew. */
  public void forget(K key) {
    lock.lock();
    try {
      failures.remove(key);
    } finally {
      lock.unlock();
    }
  }

  /** How often {@link #addRateLimited} was called since the last {@link #forget}. */
  public int failures(K key) {
    lock.lock();
    try {
      return failures.getOrDefault(key, 0);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a key.
   *
   * @return null when the queue is closed
   */
  public @Nullable K take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (ready.isEmpty()) {
        if (closed) {
          return null;
        }
        changed.await();
      }
      if (closed) {
        return null;
      }
      K key = ready.removeFirst();
      dirty.remove(key);
      working.add(key);
      if (metrics != null) {
        long now = System.nanoTime();
        Long since = waitingSince.remove(key);
        metrics.taken(since == null ? 0 : now - since);
        workingSince.put(key, now);
      }
      return key;
    } finally {
      lock.unlock();
    }
  }

  /** The key that {@link #take} gave is worked on no more. */
  public void done(K key) {
    lock.lock();
    try {
      working.remove(key);
      if (metrics != null) {
        Long since = workingSince.remove(key);
        metrics.done(since == null ? 0 : System.nanoTime() - since);
      }
      if (dirty.contains(key)) {
        ready.addLast(key);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many keys are ready. */
  public int size() {
    lock.lock();
    try {
      return ready.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing is ready or being worked on; delayed keys do not count. */
  public boolean isIdle() {
    lock.lock();
    try {
      return ready.isEmpty() && working.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits and lets every {@link #take} return null. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      ready.clear();
      dirty.clear();
      waitingSince.clear();
      delayed.values().forEach(entry -> entry.timer.cancel());
      delayed.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
