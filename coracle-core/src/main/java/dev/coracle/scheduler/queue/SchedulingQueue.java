package dev.coracle.scheduler.queue;

import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Backoff;
import dev.coracle.scheduler.framework.ClusterEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
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
 * Pods without a node: ready ones by priority and age, those that wait out a back-off, those that
 * no node would take, which wait for a change that may help them (or five minutes), and those whose
 * gates are closed. When nothing else is ready, a Pod that backs off because it did not fit comes
 * early; one whose scheduling failed never does.
 */
public final class SchedulingQueue {

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  /** So many changes during one cycle are kept to be judged by it; with more, it tries again. */
  private static final int CHANGES_IN_CYCLE = 256;

  /** Where a Pod waits. */
  public enum Place {
    READY,
    BACKING_OFF,
    UNSCHEDULABLE,
    GATED,
    IN_CYCLE
  }

  private record Change(ClusterEvent event, Predicate<KubeObject> concerns) {}

  /** A Pod on its way. */
  public static final class Entry {
    private final Instant added;
    private final long order;
    private KubeObject pod;
    private int priority;
    private Place place = Place.READY;
    private int refusals;
    private int errors;
    private Instant lastTry = Instant.EPOCH;
    private Instant backOffOver = Instant.EPOCH;
    private Set<String> rejectedBy = Set.of();
    private List<Change> changes = List.of();
    private boolean preempting;
    private boolean movedWhilePreempting;

    private Entry(KubeObject pod, Instant added, long order) {
      this.added = added;
      this.order = order;
      this.pod = pod;
      this.priority = pod.at("spec", "priority").asInt(0);
    }

    private void pod(KubeObject newPod) {
      pod = newPod;
      priority = newPod.at("spec", "priority").asInt(0);
    }
  }

  private final Clock clock;
  private final Backoff backoff;
  private final BiPredicate<Set<String>, ClusterEvent> helps;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Map<String, Entry> entries = new HashMap<>();
  private final Set<Entry> inCycle = new HashSet<>();
  private final Set<Entry> unschedulable = new HashSet<>();
  private final PriorityQueue<Entry> ready =
      new PriorityQueue<>(
          Comparator.comparingInt((Entry entry) -> -entry.priority)
              .thenComparing(entry -> entry.added)
              .thenComparingLong(entry -> entry.order));
  private final PriorityQueue<Entry> backingOff =
      new PriorityQueue<>(
          Comparator.comparing((Entry entry) -> entry.backOffOver)
              .thenComparingLong(entry -> entry.order));
  private Clock.@Nullable Timer sweep;
  private Clock.@Nullable Timer wake;
  private Instant wakeAt = Instant.MAX;
  private long order;
  private boolean closed;

  /**
   * @param helps whether a change may help a Pod that these plugins rejected
   */
  public SchedulingQueue(
      Clock clock, Backoff backoff, BiPredicate<Set<String>, ClusterEvent> helps) {
    this.clock = clock;
    this.backoff = backoff;
    this.helps = helps;
  }

  /**
   * Adds a Pod, or tells of its change.
   *
   * @param relevant whether the change may let it be scheduled
   */
  public void put(KubeObject pod, boolean relevant) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Entry entry = entry(pod);
      switch (entry.place) {
        case GATED -> {
          // what it asks for may have changed with its last gate
          entry.pod(pod);
          toReady(entry);
        }
        case READY -> {
          // its priority may have changed
          ready.remove(entry);
          entry.pod(pod);
          toReady(entry);
        }
        case BACKING_OFF -> entry.pod(pod);
        case UNSCHEDULABLE, IN_CYCLE -> {
          entry.pod(pod);
          if (relevant) {
            move(entry, new Change(ClusterEvent.POD_CHANGED, any -> true));
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** A Pod that may not be looked at yet. */
  public void gate(KubeObject pod) {
    lock.lock();
    try {
      if (!closed) {
        Entry entry = entry(pod);
        take(entry, Place.GATED);
        entry.pod(pod);
      }
    } finally {
      lock.unlock();
    }
  }

  private Entry entry(KubeObject pod) {
    return entries.computeIfAbsent(
        pod.uid(),
        uid -> {
          Entry entry = new Entry(pod, clock.instant(), order++);
          entry.place = Place.GATED;
          return entry;
        });
  }

  public void remove(String uid) {
    lock.lock();
    try {
      Entry entry = entries.remove(uid);
      if (entry != null) {
        leave(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Out of the set of its place. */
  private void leave(Entry entry) {
    switch (entry.place) {
      case READY -> ready.remove(entry);
      case BACKING_OFF -> backingOff.remove(entry);
      case UNSCHEDULABLE -> unschedulable.remove(entry);
      case IN_CYCLE -> inCycle.remove(entry);
      case GATED -> {}
    }
  }

  private void take(Entry entry, Place place) {
    leave(entry);
    entry.place = place;
  }

  /** How many Pods wait in each place. */
  public Map<Place, Integer> counts() {
    lock.lock();
    try {
      int gated =
          entries.size() - ready.size() - backingOff.size() - unschedulable.size() - inCycle.size();
      return Map.of(
          Place.READY, ready.size(),
          Place.BACKING_OFF, backingOff.size(),
          Place.UNSCHEDULABLE, unschedulable.size(),
          Place.GATED, gated,
          Place.IN_CYCLE, inCycle.size());
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next Pod; null when the queue is closed. */
  public @Nullable Entry take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Entry next = next();
      while (next == null) {
        if (closed) {
          return null;
        }
        arrived.await();
        next = next();
      }
      take(next, Place.IN_CYCLE);
      inCycle.add(next);
      next.changes = List.of();
      next.lastTry = clock.instant();
      return next;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Entry next() {
    if (!ready.isEmpty()) {
      return ready.peek();
    }
    Entry first = backingOff.peek();
    return first != null && first.errors == 0 ? first : null;
  }

  public KubeObject pod(Entry entry) {
    lock.lock();
    try {
      return entry.pod;
    } finally {
      lock.unlock();
    }
  }

  /** The Pod has its node, or needs none. */
  public void done(Entry entry) {
    lock.lock();
    try {
      entries.remove(entry.pod.uid(), entry);
      leave(entry);
    } finally {
      lock.unlock();
    }
  }

  /**
   * No node takes the Pod: it waits for a change that helps one of these plugins.
   *
   * @param preempting whether others are about to make room for it: it waits at least for {@link
   *     #preempted}
   */
  public void unschedulable(Entry entry, Set<String> rejectedBy, boolean preempting) {
    lock.lock();
    try {
      if (!isWaiting(entry)) {
        return;
      }
      entry.errors = 0;
      entry.refusals++;
      entry.rejectedBy = rejectedBy;
      entry.preempting = preempting;
      entry.movedWhilePreempting = false;
      List<Change> changes = entry.changes;
      entry.changes = List.of();
      take(entry, Place.UNSCHEDULABLE);
      unschedulable.add(entry);
      for (Change change : changes) {
        move(entry, change);
      }
      if (sweep == null) {
        sweep = clock.schedule(LONGEST_WAIT, this::sweep);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isWaiting(Entry entry) {
    return !closed && entries.get(entry.pod.uid()) == entry && entry.place == Place.IN_CYCLE;
  }

  /** Those who were to make room for a Pod are told to; or it could not be done: it tries again. */
  public void preempted(String uid, boolean failed) {
    lock.lock();
    try {
      Entry entry = entries.get(uid);
      if (closed || entry == null || !entry.preempting) {
        return;
      }
      entry.preempting = false;
      if (entry.place == Place.UNSCHEDULABLE && (failed || entry.movedWhilePreempting)) {
        backOff(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Something failed that is not the Pod's fault: it comes again soon. */
  public void retry(Entry entry) {
    lock.lock();
    try {
      if (isWaiting(entry)) {
        entry.errors++;
        backOff(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A change in the cluster. */
  public void changed(ClusterEvent event) {
    changed(event, pod -> true);
  }

  /**
   * A change in the cluster that concerns only some Pods.
   *
   * @param concerns whether a Pod may be helped; those that are being scheduled right now are asked
   *     for when that has failed
   */
  public void changed(ClusterEvent event, Predicate<KubeObject> concerns) {
    lock.lock();
    try {
      Change change = new Change(event, concerns);
      inCycle.forEach(entry -> move(entry, change));
      if (!unschedulable.isEmpty()) {
        List.copyOf(unschedulable).forEach(entry -> move(entry, change));
      }
    } finally {
      lock.unlock();
    }
  }

  private void move(Entry entry, Change change) {
    switch (entry.place) {
      case IN_CYCLE -> {
        if (entry.changes.isEmpty()) {
          entry.changes = new ArrayList<>();
        }
        if (entry.changes.size() < CHANGES_IN_CYCLE) {
          entry.changes.add(change);
        } else {
          entry.changes.set(0, new Change(ClusterEvent.TIMEOUT, any -> true));
        }
      }
      case UNSCHEDULABLE -> {
        if (change.event == ClusterEvent.TIMEOUT
            || (helps.test(entry.rejectedBy, change.event) && change.concerns.test(entry.pod))) {
          entry.movedWhilePreempting = true;
          if (!entry.preempting) {
            backOff(entry);
          }
        }
      }
      case READY, BACKING_OFF, GATED -> {}
    }
  }

  private void backOff(Entry entry) {
    int failures = Math.max(1, entry.errors > 0 ? entry.errors : entry.refusals);
    entry.backOffOver = entry.lastTry.plus(backoff.after(failures));
    if (!entry.backOffOver.isAfter(clock.instant())) {
      toReady(entry);
      return;
    }
    take(entry, Place.BACKING_OFF);
    backingOff.add(entry);
    arrived.signal();
    wakeFor(entry.backOffOver);
  }

  /** One timer, for the first whose back-off is over. */
  private void wakeFor(Instant instant) {
    if (!instant.isBefore(wakeAt)) {
      return;
    }
    if (wake != null) {
      wake.cancel();
    }
    wakeAt = instant;
    wake = clock.schedule(Duration.between(clock.instant(), instant), this::backOffsOver);
  }

  private void backOffsOver() {
    lock.lock();
    try {
      wake = null;
      wakeAt = Instant.MAX;
      if (closed) {
        return;
      }
      Instant now = clock.instant();
      for (Entry first = backingOff.peek(); first != null; first = backingOff.peek()) {
        if (first.backOffOver.isAfter(now)) {
          wakeFor(first.backOffOver);
          return;
        }
        toReady(first);
      }
    } finally {
      lock.unlock();
    }
  }

  private void toReady(Entry entry) {
    take(entry, Place.READY);
    ready.add(entry);
    arrived.signal();
  }

  private void sweep() {
    lock.lock();
    try {
      sweep = null;
      Instant limit = clock.instant().minus(LONGEST_WAIT);
      Change timeout = new Change(ClusterEvent.TIMEOUT, any -> true);
      for (Entry entry : List.copyOf(unschedulable)) {
        if (!entry.lastTry.isAfter(limit)) {
          move(entry, timeout);
        }
      }
      if (!closed && !unschedulable.isEmpty()) {
        sweep = clock.schedule(LONGEST_WAIT.dividedBy(10), this::sweep);
      }
    } finally {
      lock.unlock();
    }
  }

  public void close() {
    lock.lock();
    try {
      closed = true;
      entries.clear();
      ready.clear();
      backingOff.clear();
      unschedulable.clear();
      inCycle.clear();
      for (Clock.Timer timer : new Clock.@Nullable Timer[] {sweep, wake}) {
        if (timer != null) {
          timer.cancel();
        }
      }
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
