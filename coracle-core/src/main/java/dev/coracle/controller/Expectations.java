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

  private static final Duration EXPIRY = Duration.ofMinutes(5);

  private static final class Pending {
    int creations;
    final Set<String> deletions = new HashSet<>();
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

  private void dropIfMet(ObjectKey owner, Pending entry) {
    if (entry.creations == 0 && entry.deletions.isEmpty()) {
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
