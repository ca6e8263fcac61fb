package dev.coracle.scheduler;

import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Pods without a node: ready ones by priority and age, those that wait out a back-off, and those
 * that no node would take, which wait for a change that may help them (or five minutes).
 */
final class SchedulingQueue {

  private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  /** Where a Pod waits. */
  enum Place {
    READY,
    BACKING_OFF,
    UNSCHEDULABLE,
    IN_CYCLE
  }

  /** A Pod on its way. */
  static final class Entry {
    private final Instant added;
    private final long order;
    private KubeObject pod;
    private Place place = Place.READY;
    private int attempts;
    private Instant lastTry = Instant.EPOCH;
    private Set<String> rejectedBy = Set.of();
    private boolean movedInCycle;

    private Entry(KubeObject pod, Instant added, long order) {
      this.pod = pod;
      this.added = added;
      this.order = order;
    }

    int attempts() {
      return attempts;
    }

    private int priority() {
      return pod.at("spec", "priority").asInt(0);
    }
  }

  private final Clock clock;
  private final BiPredicate<Set<String>, ClusterEvent> helps;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Map<String, Entry> entries = new HashMap<>();
  private final PriorityQueue<Entry> ready =
      new PriorityQueue<>(
          Comparator.comparingInt((Entry entry) -> -entry.priority())
              .thenComparing(entry -> entry.added)
              .thenComparingLong(entry -> entry.order));
  private Clock.@Nullable Timer sweep;
  private long order;
  private boolean closed;

  /**
   * @param helps whether a change may help a Pod that these plugins rejected
   */
  SchedulingQueue(Clock clock, BiPredicate<Set<String>, ClusterEvent> helps) {
    this.clock = clock;
    this.helps = helps;
  }

  /** Adds a Pod, or tells of its change. */
  void put(KubeObject pod, boolean relevant) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Entry entry = entries.get(pod.uid());
      if (entry == null) {
        entry = new Entry(pod, clock.instant(), order++);
        entries.put(pod.uid(), entry);
        toReady(entry);
        return;
      }
      if (entry.place == Place.READY) {
        ready.remove(entry);
        entry.pod = pod;
        ready.add(entry);
      } else {
        entry.pod = pod;
        if (relevant) {
          move(entry, ClusterEvent.POD_CHANGED);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  void remove(String uid) {
    lock.lock();
    try {
      Entry entry = entries.remove(uid);
      if (entry != null) {
        ready.remove(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many Pods wait in each place. */
  Map<Place, Integer> counts() {
    lock.lock();
    try {
      Map<Place, Integer> counts = new java.util.EnumMap<>(Place.class);
      entries.values().forEach(entry -> counts.merge(entry.place, 1, Integer::sum));
      return counts;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next Pod; null when the queue is closed. */
  @Nullable Entry take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (ready.isEmpty()) {
        if (closed) {
          return null;
        }
        arrived.await();
      }
      Entry entry = ready.remove();
      entry.place = Place.IN_CYCLE;
      entry.movedInCycle = false;
      entry.attempts++;
      entry.lastTry = clock.instant();
      return entry;
    } finally {
      lock.unlock();
    }
  }

  KubeObject pod(Entry entry) {
    lock.lock();
    try {
      return entry.pod;
    } finally {
      lock.unlock();
    }
  }

  /** The Pod has its node, or needs none. */
  void done(Entry entry) {
    lock.lock();
    try {
      entries.remove(entry.pod.uid(), entry);
    } finally {
      lock.unlock();
    }
  }

  /** No node takes the Pod: it waits for a change that helps one of these plugins. */
  void unschedulable(Entry entry, Set<String> rejectedBy) {
    lock.lock();
    try {
      if (closed || entries.get(entry.pod.uid()) != entry) {
        return;
      }
      entry.rejectedBy = rejectedBy;
      if (entry.movedInCycle) {
        backOff(entry);
        return;
      }
      entry.place = Place.UNSCHEDULABLE;
      if (sweep == null) {
        sweep = clock.schedule(LONGEST_WAIT, this::sweep);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Something failed that is not the Pod's fault: it comes again soon. */
  void retry(Entry entry) {
    lock.lock();
    try {
      if (!closed && entries.get(entry.pod.uid()) == entry) {
        backOff(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A change in the cluster. */
  void changed(ClusterEvent event) {
    changed(event, pod -> true);
  }

  /**
   * A change in the cluster that concerns only some Pods.
   *
   * @param concerns whether a Pod that waits may be helped; Pods that are being scheduled right now
   *     are not asked for
   */
  void changed(ClusterEvent event, Predicate<KubeObject> concerns) {
    lock.lock();
    try {
      for (Entry entry : List.copyOf(entries.values())) {
        if (entry.place == Place.IN_CYCLE
            || (entry.place == Place.UNSCHEDULABLE
                && helps.test(entry.rejectedBy, event)
                && concerns.test(entry.pod))) {
          move(entry, event);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void move(Entry entry, ClusterEvent event) {
    switch (entry.place) {
      case IN_CYCLE -> entry.movedInCycle = true;
      case UNSCHEDULABLE -> {
        if (event == ClusterEvent.TIMEOUT || helps.test(entry.rejectedBy, event)) {
          backOff(entry);
        }
      }
      case READY, BACKING_OFF -> {}
    }
  }

  private void backOff(Entry entry) {
    Instant over = entry.lastTry.plus(BACKOFF.after(entry.attempts));
    Duration left = Duration.between(clock.instant(), over);
    if (!left.isPositive()) {
      toReady(entry);
      return;
    }
    entry.place = Place.BACKING_OFF;
    clock.schedule(left, () -> backOffOver(entry));
  }

  private void backOffOver(Entry entry) {
    lock.lock();
    try {
      if (!closed && entry.place == Place.BACKING_OFF && entries.get(entry.pod.uid()) == entry) {
        toReady(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  private void toReady(Entry entry) {
    entry.place = Place.READY;
    ready.add(entry);
    arrived.signal();
  }

  private void sweep() {
    lock.lock();
    try {
      sweep = null;
      Instant limit = clock.instant().minus(LONGEST_WAIT);
      List<Entry> waiting = new ArrayList<>();
      for (Entry entry : entries.values()) {
        if (entry.place == Place.UNSCHEDULABLE) {
          waiting.add(entry);
        }
      }
      for (Entry entry : waiting) {
        if (!entry.lastTry.isAfter(limit)) {
          move(entry, ClusterEvent.TIMEOUT);
        }
      }
      if (!closed && !waiting.isEmpty()) {
        sweep = clock.schedule(LONGEST_WAIT.dividedBy(5), this::sweep);
      }
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      entries.clear();
      ready.clear();
      if (sweep != null) {
        sweep.cancel();
      }
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
