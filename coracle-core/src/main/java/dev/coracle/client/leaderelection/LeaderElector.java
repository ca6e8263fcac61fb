package dev.coracle.client.leaderelection;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries to hold a Lease, and leads while it does. A lease counts from when this process saw it
 * change, never from the times that stand in it, so clocks need not agree (as client-go's elector
 * does). A leader that could not renew until the renew deadline stops to lead, before anybody else
 * can begin; one that is closed lets go, so that the next begins at once.
 *
 * <p>Thread-safe. The work is begun and ended by the elector's threads, never at the same time.
 */
public final class LeaderElector implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaderElector.class);
  private static final GroupVersionResource LEASES =
      GroupVersionResource.of("coordination.k8s.io", "v1", "leases");

  /**
   * How long things take, as the options {@code --leader-elect-*} of Kubernetes' components.
   *
   * @param lease how long a leader is one after its last renewal
   * @param renewDeadline how long a leader tries to renew before it gives up
   * @param retry how often one tries
   */
  public record Timing(Duration lease, Duration renewDeadline, Duration retry) {
    public static final Timing USUAL =
        new Timing(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));

    /** For a leader that nobody can follow while it lives. */
    public static final Timing ALONE =
        new Timing(Duration.ofSeconds(60), Duration.ofSeconds(40), Duration.ofSeconds(20));
  }

  /** What the leader does. */
  public interface Work {
    /** Begins; what it began is closed when leading ends. */
    AutoCloseable begin() throws InterruptedException;
  }

  private final Client client;
  private final Clock clock;
  private final String namespace;
  private final String name;
  private final String identity;
  private final Timing timing;
  private final Work work;

  /** Held while this talks to the API server; taken before the monitor, never under it. */
  private final ReentrantLock trying = new ReentrantLock();

  private @Nullable KubeObject seen;
  private Instant seenAt = Instant.MIN;

  private Instant renewedAt = Instant.MIN;
  private @Nullable AutoCloseable running;
  private Clock.@Nullable Timer next;
  private Clock.@Nullable Timer giveUp;
  private volatile boolean closed;

  private LeaderElector(
      Client client,
      Clock clock,
      String namespace,
      String name,
      String identity,
      Timing timing,
      Work work) {
    this.client = client;
    this.clock = clock;
    this.namespace = namespace;
    this.name = name;
    this.identity = identity;
    this.timing = timing;
    this.work = work;
  }

  /**
   * Begins to try.
   *
   * @param name of the Lease
   * @param identity unique among those who try
   * @param alone whether the caller knows that no other can be leading: then this leads when the
   *     call returns, whoever the Lease names
   */
  public static LeaderElector start(
      Client client,
      Clock clock,
      String namespace,
      String name,
      String identity,
      Timing timing,
      boolean alone,
      Work work) {
    LeaderElector elector =
        new LeaderElector(client, clock, namespace, name, identity, timing, work);
    elector.once(alone);
    return elector;
  }

  /** Whether this process leads. */
  public synchronized boolean isLeader() {
    return running != null;
  }

  private void once(boolean alone) {
    trying.lock();
    try {
      if (closed) {
        return;
      }
      boolean held = false;
      boolean lost = false;
      try {
        held = tryToHold(alone);
        lost = !held;
      } catch (StatusException e) {
        // Not known: the deadline decides.
        LOG.debug("lease {}/{}: {}", namespace, name, e.getMessage());
      }
      decided(held, lost);
    } finally {
      trying.unlock();
    }
  }

  private synchronized void decided(boolean held, boolean lost) {
    if (held) {
      renewedAt = clock.instant();
      cancel(giveUp);
      giveUp = clock.schedule(timing.renewDeadline(), this::deadline);
      lead();
    } else if (lost) {
      stopWork("it is somebody else's");
    }
    next = clock.schedule(timing.retry(), () -> once(false));
  }

  /** Even when a call to the API server hangs. */
  private synchronized void deadline() {
    if (!clock.instant().isBefore(renewedAt.plus(timing.renewDeadline()))) {
      stopWork("it could not be renewed in time");
    }
  }

  private static void cancel(Clock.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  private boolean holds() {
    KubeObject lease = seen;
    return lease != null && LeaseRecord.of(lease).holder().equals(identity);
  }

  /** Renews or takes the Lease if that may be; false when it is somebody else's. */
  private boolean tryToHold(boolean alone) {
    Instant now = clock.instant();
    KubeObject lease = client.find(LEASES, namespace, name);
    if (lease == null) {
      LeaseRecord first = new LeaseRecord("", timing.lease(), "", "", -1);
      saw(create(first.takenBy(identity, timing.lease(), now)), now);
      return true;
    }
    KubeObject before = seen;
    if (before == null || before.resourceVersion() != lease.resourceVersion()) {
      saw(lease, now);
    }
    LeaseRecord record = LeaseRecord.of(lease);
    boolean own = record.holder().equals(identity);
    if (!own
        && !alone
        && !record.holder().isEmpty()
        && now.isBefore(seenAt.plus(record.duration()))) {
      return false;
    }
    LeaseRecord next =
        own ? record.renewed(timing.lease(), now) : record.takenBy(identity, timing.lease(), now);
    saw(update(lease, next), now);
    return true;
  }

  private void saw(KubeObject lease, Instant now) {
    seen = lease;
    seenAt = now;
  }

  private KubeObject create(LeaseRecord record) {
    ObjectNode lease =
        Json.object().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    lease.putObject("metadata").put("name", name).put("namespace", namespace);
    lease.set("spec", record.spec());
    return client.create(LEASES, namespace, lease, WriteOptions.NONE);
  }

  /** Refused with a conflict when somebody else was faster. */
  private KubeObject update(KubeObject lease, LeaseRecord record) {
    ObjectNode changed = lease.mutableTree();
    changed.set("spec", record.spec());
    return client.update(LEASES, namespace, name, changed);
  }

  private void lead() {
    if (running != null) {
      return;
    }
    try {
      running = work.begin();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stopWork(String why) {
    AutoCloseable stopping = running;
    running = null;
    if (stopping == null) {
      return;
    }
    if (!closed) {
      LOG.warn(
          "lost the lease {}/{}, because {}: what its holder does stops", namespace, name, why);
    }
    try {
      stopping.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.warn(
          "what the leader {}/{} did has not stopped cleanly: {}", namespace, name, e.toString());
    }
  }

  /** Ends the work, then lets go of the Lease. */
  @Override
  public void close() {
    trying.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      boolean led;
      synchronized (this) {
        cancel(next);
        cancel(giveUp);
        led = running != null;
        stopWork("");
      }
      KubeObject lease = seen;
      if (led && lease != null && holds()) {
        KubeObject unused = update(lease, LeaseRecord.of(lease).released(clock.instant()));
      }
    } catch (StatusException e) {
      LOG.debug("lease {}/{} was not let go: {}", namespace, name, e.getMessage());
    } finally {
      trying.unlock();
    }
  }
}
