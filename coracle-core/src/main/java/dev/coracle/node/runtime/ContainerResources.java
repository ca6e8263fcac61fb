package dev.coracle.node.runtime;

/**
 * What a container, or all of a Pod, may use; 0 for what is not said.
 *
 * @param memoryLimit in bytes
 * @param cpuLimit in thousandths of a CPU
 * @param cpuRequest in thousandths of a CPU; its share when CPUs are scarce
 * @param outOfMemoryScore whom the kernel ends first when memory is short (proc(5), oom_score_adj);
 *     set when a container starts
 */
public record ContainerResources(
    long memoryLimit, long cpuLimit, long cpuRequest, int outOfMemoryScore) {

  public static final ContainerResources NONE = new ContainerResources(0, 0, 0, 0);

  /** The kubelet's score for containers of Pods that ask for nothing. */
  public static final int BEST_EFFORT_SCORE = 1000;

  /**
   * Whether nothing is asked for and nothing will be: no container of the Pod asks for anything,
   * and a resize cannot change the Pod's class of service.
   */
  public boolean isBestEffort() {
    return memoryLimit == 0
        && cpuLimit == 0
        && cpuRequest == 0
        && (outOfMemoryScore == BEST_EFFORT_SCORE || outOfMemoryScore == 0);
  }
}
