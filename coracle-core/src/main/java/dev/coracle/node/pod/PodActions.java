package dev.coracle.node.pod;

import java.util.ArrayList;
import java.util.List;

/**
 * What is due now for a Pod whose sandbox stands, as a pure function of what is known.
 *
 * @param initFailed an init container failed for good: the Pod has failed
 * @param toStart in this order, as soon as their back-off allows it
 */
record PodActions(boolean initFailed, List<ContainerRecord> toStart) {

  private static final PodActions INIT_FAILED = new PodActions(true, List.of());

  /**
   * Init containers run one after the other to their end, sidecars among them only until they have
   * started; then the Pod's containers run side by side. Ephemeral containers run at any time.
   */
  static PodActions compute(RestartPolicy policy, PodContainers containers) {
    List<ContainerRecord> toStart = new ArrayList<>();
    for (ContainerRecord container : containers.ephemeral) {
      if (container.state == ContainerRecord.State.WAITING) {
        toStart.add(container);
      }
    }
    for (ContainerRecord container : containers.init) {
      if (container.succeeded() && !container.sidecar) {
        continue;
      }
      if (container.isTerminated() && !policy.restarts(container)) {
        return INIT_FAILED;
      }
      if (!container.isRunning()) {
        toStart.add(container);
      }
      boolean passed = container.sidecar && (container.started || containers.mainStarted());
      if (!passed) {
        return new PodActions(false, toStart);
      }
    }
    for (ContainerRecord container : containers.main) {
      boolean ended = container.isTerminated() && !policy.restarts(container);
      if (!container.isRunning() && !ended) {
        toStart.add(container);
      }
    }
    return new PodActions(false, toStart);
  }

  /** Whether nothing of a Pod will run any more but what has to be ended. */
  static boolean isFinished(RestartPolicy policy, PodContainers containers, boolean failed) {
    if (failed) {
      return !containers.anyRunning();
    }
    return containers.main.stream().allMatch(c -> c.isTerminated() && !policy.restarts(c));
  }

  /**
   * {@code status.phase}.
   *
   * @param failed whether it failed as a whole
   * @param evicted whether it failed for a reason of its own and not by a container
   * @param terminating whether what ends now is not started again
   */
  static String phase(
      RestartPolicy policy,
      PodContainers containers,
      boolean failed,
      boolean evicted,
      boolean terminating) {
    if (failed) {
      return containers.anyRunning() && !evicted ? "Pending" : "Failed";
    }
    List<ContainerRecord> main = containers.main;
    boolean ended =
        main.stream().allMatch(c -> c.isTerminated() && (terminating || !policy.restarts(c)));
    if (ended
        && !main.isEmpty()
        && containers.init.stream().noneMatch(ContainerRecord::isRunning)) {
      return main.stream().allMatch(ContainerRecord::succeeded) ? "Succeeded" : "Failed";
    }
    return containers.mainStarted() ? "Running" : "Pending";
  }
}
