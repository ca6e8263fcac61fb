package dev.coracle.node.runtime;

/**
 * A file or directory of the node in a container.
 *
 * @param source absolute, on the node; exists
 * @param target absolute, in the container
 * @param propagation Kubernetes' word: None, HostToContainer or Bidirectional
 */
public record Mount(
    java.nio.file.Path source, String target, boolean readOnly, String propagation) {}
