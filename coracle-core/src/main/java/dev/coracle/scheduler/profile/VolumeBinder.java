package dev.coracle.scheduler.profile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.Volumes;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.VolumePlan;
import dev.coracle.scheduler.plugins.VolumeBinding;
import dev.coracle.scheduler.state.StorageState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a Pod's claims are bound before the Pod is: reserves volumes when the node is
 * chosen, writes the reservations, and waits until the volume controller and the provisioners have
 * done their part.
 */
public final class VolumeBinder {

  /** Why a Pod can't have its node after all. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String why) {
      super(
          "running PreBind plugin \"VolumeBinding\": binding volumes: " + why, null, false, false);
    }
  }

  /**
   * What was assumed for a Pod.
   *
   * @param node chosen
   * @param assumed volumes with their claims, claims with their node; as they are to be written
   */
  public record Reservation(Volumes.OnNode node, List<KubeObject> assumed) {
    public boolean isEmpty() {
      return assumed.isEmpty();
    }
  }

  private final Client client;
  private final StorageState storage;
  private final Clock clock;
  private final Duration longestWait;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean closed;

  VolumeBinder(Client client, StorageState storage, Clock clock, Duration longestWait) {
    this.client = client;
    this.storage = storage;
    this.clock = clock;
    this.longestWait = longestWait;
  }

  /** Takes the volumes for a Pod on its node; the caller holds the scheduler's lock. */
  public Reservation reserve(PodInfo pod, NodeInfo node) {
    VolumePlan plan = VolumeBinding.plan(pod, node, storage);
    List<KubeObject> assumed = new ArrayList<>();
    for (VolumePlan.Match match : plan.matches()) {
      ObjectNode bound = Volumes.bound(match.volume(), match.claim());
      if (bound != null) {
        assumed.add(KubeObject.of(bound));
      }
    }
    for (KubeObject claim : plan.toProvision()) {
      ObjectNode tree = claim.mutableTree();
      StorageAnnotations.put(tree, StorageAnnotations.SELECTED_NODE, node.name());
      assumed.add(KubeObject.of(tree));
    }
    assumed.forEach(storage::assume);
    return new Reservation(new Volumes.OnNode(node.name(), node.labels()), assumed);
  }

  /** Gives back what was taken, as far as it was not written. */
  public void release(Reservation reservation) {
    reservation.assumed().forEach(storage::withdraw);
  }

  /** Something changed that a waiting Pod may wait for. */
  void changed() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes a reservation and waits until all claims of the Pod are bound.
   *
   * @param wanted whether the Pod still waits for it
   * @throws Failure when it can't be, or takes too long
   * @throws InterruptedException when the scheduler ends; the next one goes on with what is written
   */
  public void bind(Reservation reservation, BooleanSupplier wanted) throws InterruptedException {
    for (KubeObject assumed : reservation.assumed()) {
      boolean volume = assumed.kind().equals("PersistentVolume");
      KubeObject written =
          client.update(
              volume ? StorageState.VOLUMES : StorageState.CLAIMS,
              assumed.namespace(),
              assumed.name(),
              assumed.mutableTree());
      storage.assume(written);
    }
    Instant deadline = clock.instant().plus(longestWait);
    Clock.Timer timer = clock.schedule(longestWait, this::changed);
    lock.lock();
    try {
      while (!isBound(reservation)) {
        if (closed) {
          throw new InterruptedException("the scheduler ends");
        }
        if (!wanted.getAsBoolean()) {
          throw new Failure("the pod no longer waits");
        }
        if (!clock.instant().isBefore(deadline)) {
          throw new Failure("context deadline exceeded");
        }
        changed.await();
      }
    } finally {
      lock.unlock();
      timer.cancel();
    }
  }

  private boolean isBound(Reservation reservation) {
    boolean all = true;
    for (KubeObject assumed : reservation.assumed()) {
      if (assumed.kind().equals("PersistentVolume")) {
        KubeObject volume = storage.volume(assumed.name());
        if (volume == null) {
          throw new Failure("pv \"" + assumed.name() + "\" not found");
        }
        if (volume.text("spec", "claimRef", "uid").isEmpty()) {
          throw new Failure("ClaimRef got reset for pv \"" + assumed.name() + "\"");
        }
        all &= isBound(claimOf(volume));
      } else {
        KubeObject claim = storage.claim(assumed.namespace(), assumed.name());
        if (claim == null || claim.isDeleting()) {
          throw new Failure("pvc \"" + assumed.name() + "\" not found");
        }
        boolean its =
            StorageAnnotations.get(claim, StorageAnnotations.SELECTED_NODE)
                .equals(reservation.node().name());
        if (!its) {
          throw new Failure("provisioning failed for PVC \"" + claim.name() + "\"");
        }
        all &= isBound(claim) && isReachable(claim, reservation.node());
      }
    }
    return all;
  }

  /** Whether the claim's volume is known, and one of the node. */
  private boolean isReachable(KubeObject claim, Volumes.OnNode node) {
    KubeObject volume = storage.volume(claim.text("spec", "volumeName"));
    if (volume != null && !Volumes.reaches(volume, node)) {
      throw new Failure(
          "pv \"" + volume.name() + "\" node affinity doesn't match node \"" + node.name() + "\"");
    }
    return volume != null;
  }

  private @Nullable KubeObject claimOf(KubeObject volume) {
    return storage.claim(
        volume.text("spec", "claimRef", "namespace"), volume.text("spec", "claimRef", "name"));
  }

  private static boolean isBound(@Nullable KubeObject claim) {
    return claim != null && Volumes.isBound(claim);
  }
}
