package dev.coracle.controller;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a controller has done and its cache must still show: until then the cache lags behind and
 * decides nothing. An expectation that is never met is given up after five minutes: of the
 * machine's time, because a cache does not catch up faster when the cluster's clock is turned.
 */
public final class Expectations {

  /** After this time, of the machine, what was expected is waited for no more. */
  public static final Duration EXPIRY = Duration.ofMinutes(5);

  private static final class Pending {
    int creations;
    final Set<String> deletions = new HashSet<>();
    final Map<String, Long> writes = new HashMap<>();
    Instant since = Instant.EPOCH;
  }

  private final InstantSource clock = InstantSource.system();
  private final Map<ObjectKey, Pending> pending = new HashMap<>();

  public synchronized void expectCreations(ObjectKey owner, int count) {
    if (count == 0) {
      return;
    }
    Pending entry = pending.computeIfAbsent(owner, key -> new Pending());
    entry.creations += count;
    entry.since = clock.instant();
  }

  /**
   * @param uids of the objects to be deleted; their deletion may be observed more than once
   */
  public synchronized void expectDeletions(ObjectKey owner, Collection<String> uids) {
    if (uids.isEmpty()) {
      return;
    }
    Pending entry = pending.computeIfAbsent(owner, key -> new Pending());
    entry.deletions.addAll(uids);
    entry.since = clock.instant();
  }

  /** Seen in the cache, or failed and not to be waited for. */
  public synchronized void creationObserved(ObjectKey owner) {
    Pending entry = pending.get(owner);
    if (entry != null && entry.creations > 0) {
      entry.creations--;
      dropIfMet(owner, entry);
    }
  }

  public synchronized void deletionObserved(ObjectKey owner, String uid) {
    Pending entry = pending.get(owner);
    if (entry != null && entry.deletions.remove(uid)) {
      dropIfMet(owner, entry);
    }
  }

  /**
   * @param resourceVersion that the object with this uid was given
   */
  public synchronized void expectWrite(ObjectKey owner, String uid, long resourceVersion) {
    Pending entry = pending.computeIfAbsent(owner, key -> new Pending());
    entry.writes.merge(uid, resourceVersion, Math::max);
    entry.since = clock.instant();
  }

  /**
   * @param resourceVersion that the cache shows; {@link Long#MAX_VALUE} for an object that is gone
   */
  public synchronized void writeObserved(ObjectKey owner, String uid, long resourceVersion) {
    Pending entry = pending.get(owner);
    Long awaited = entry == null ? null : entry.writes.get(uid);
    if (entry != null && awaited != null && awaited <= resourceVersion) {
      entry.writes.remove(uid);
      dropIfMet(owner, entry);
    }
  }

  private void dropIfMet(ObjectKey owner, Pending entry) {
    if (entry.creations == 0 && entry.deletions.isEmpty() && entry.writes.isEmpty()) {
      pending.remove(owner);
    }
  }

  public synchronized boolean satisfied(ObjectKey owner) {
    @Nullable Pending entry = pending.get(owner);
    if (entry == null) {
      return true;
    }
    if (entry.since.plus(EXPIRY).isBefore(clock.instant())) {
      pending.remove(owner);
      return true;
    }
    return false;
  }

  public synchronized void forget(ObjectKey owner) {
    pending.remove(owner);
  }
}
