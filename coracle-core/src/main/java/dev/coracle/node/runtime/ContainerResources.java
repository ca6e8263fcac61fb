package dev.coracle.node.runtime;

/**
 * What a container may use; 0 for what is not said.
 *
 * @param memoryLimit in bytes
 * @param cpuLimit in thousandths of a CPU
 * @param cpuRequest in thousandths of a CPU; its share when CPUs are scarce
 */
public record ContainerResources(long memoryLimit, long cpuLimit, long cpuRequest) {

  public static final ContainerResources NONE = new ContainerResources(0, 0, 0);

  public boolean isNone() {
    return equals(NONE);
  }
}
