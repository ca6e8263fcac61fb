package dev.coracle.controller.nodelifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many nodes of each zone are ready, and so how fast Pods may be driven out of the others: one
 * node in ten seconds; none, or one in a hundred seconds of a large zone, where 55 % are not ready;
 * none at all where no node of any zone is, for then the fault is elsewhere. Thread-safe; asks no
 * clock.
 */
final class Zones {

  /** How a zone is. */
  enum State {
    NORMAL,
    /** More than two nodes and 55 % are not ready. */
    PARTIAL_DISRUPTION,
    /** No node is ready. */
    FULL_DISRUPTION;

    static State of(int ready, int notReady) {
      if (ready == 0 && notReady > 0) {
        return FULL_DISRUPTION;
      }
      return notReady > 2 && (double) notReady / (notReady + ready) >= UNHEALTHY_THRESHOLD
          ? PARTIAL_DISRUPTION
          : NORMAL;
    }

    /** The time between two nodes; null when none may be evicted. */
    @Nullable Duration interval(int size) {
      if (this != PARTIAL_DISRUPTION) {
        return INTERVAL;
      }
      return size > LARGE ? SLOW_INTERVAL : null;
    }
  }

  private static final double UNHEALTHY_THRESHOLD = 0.55;
  private static final int LARGE = 50;
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration SLOW_INTERVAL = Duration.ofSeconds(100);

  private record Node(String zone, boolean ready) {}

  private static final class Zone {
    private int ready;
    private int notReady;
    private State state = State.NORMAL;
    private Instant next = Instant.MIN;
  }

  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Zone> zones = new HashMap<>();

  /** Nodes that may, whether or not they have been tainted yet. */
  private final Set<String> granted = new HashSet<>();

  /**
   * A node is so now.
   *
   * @return whether a zone's state changed by this, so that other nodes are to be looked at
   */
  synchronized boolean put(String node, String zone, boolean ready) {
    Node now = new Node(zone, ready);
    if (ready) {
      granted.remove(node);
    }
    Node before = nodes.put(node, now);
    if (now.equals(before)) {
      return false;
    }
    boolean changed = before != null && count(before, -1);
    return count(now, 1) | changed;
  }

  /** As {@link #put}, for a node that is gone or does not count. */
  synchronized boolean remove(String node) {
    granted.remove(node);
    Node before = nodes.remove(node);
    return before != null && count(before, -1);
  }

  private boolean count(Node node, int by) {
    Zone zone = zones.computeIfAbsent(node.zone, any -> new Zone());
    if (node.ready) {
      zone.ready += by;
    } else {
      zone.notReady += by;
    }
    if (zone.ready + zone.notReady == 0) {
      zones.remove(node.zone);
      return true;
    }
    State state = State.of(zone.ready, zone.notReady);
    boolean changed = state != zone.state;
    zone.state = state;
    return changed;
  }

  /** Whether there are nodes and none is ready. */
  synchronized boolean allDisrupted() {
    return !zones.isEmpty()
        && zones.values().stream().allMatch(zone -> zone.state == State.FULL_DISRUPTION);
  }

  /**
   * Asks to drive the Pods out of a node.
   *
   * @return zero when it may be done now, which counts once until the node is ready; else how long
   *     to wait; null when as long as the zones are as they are
   */
  synchronized @Nullable Duration ask(String node, String zoneName, Instant now) {
    Zone zone = Objects.requireNonNullElseGet(zones.get(zoneName), Zone::new);
    Duration interval = zone.state.interval(zone.ready + zone.notReady);
    if (allDisrupted() || interval == null) {
      return null;
    }
    if (granted.contains(node)) {
      return Duration.ZERO;
    }
    if (now.isBefore(zone.next)) {
      return Duration.between(now, zone.next);
    }
    zone.next = now.plus(interval);
    granted.add(node);
    return Duration.ZERO;
  }
}
