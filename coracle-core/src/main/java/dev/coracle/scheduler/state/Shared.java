package dev.coracle.scheduler.state;

import dev.coracle.scheduler.framework.PodInfo;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What the loop, the bindings and the informers' handlers all know, and the lock that guards it:
 * nodes with their Pods, promised nodes, and the Pods that are assumed on a node without the API
 * showing it yet.
 */
public final class Shared {

  private final ReentrantLock lock = new ReentrantLock();
  private final Nominations nominations = new Nominations();
  private final Set<String> assumed = new HashSet<>();
  private final ClusterState state;

  public Shared(ClusterState state) {
    this.state = state;
  }

  /** What needs the lock gets the state by it. */
  public ClusterState state() {
    if (!lock.isHeldByCurrentThread()) {
      throw new IllegalStateException("the scheduler's lock is not held");
    }
    return state;
  }

  public Nominations nominations() {
    return nominations;
  }

  public Set<String> assumed() {
    return assumed;
  }

  public void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  public <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  /** The Pod is on the node from now on, whatever the API shows. */
  public void assume(PodInfo pod, String node) {
    state().putPod(pod, node);
    assumed.add(pod.uid());
    nominations.forget(pod.uid());
  }

  /**
   * It is not.
   *
   * @return whether it was assumed
   */
  public boolean withdraw(String uid) {
    return locked(
        () -> {
          boolean was = assumed.remove(uid);
          if (was) {
            state().removePod(uid);
          }
          return was;
        });
  }

  public boolean isAssumed(String uid) {
    return locked(() -> assumed.contains(uid));
  }
}
