package dev.coracle.node.runtime;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container to be.
 *
 * @param attempt how often it was started before
 * @param command the entrypoint and its arguments, expanded
 * @param environment {@code NAME=value}, complete
 * @param workingDirectory empty for the image's
 * @param terminationMessage a file of the node that appears at {@code terminationMessagePath}
 * @param log where its output goes, in the CRI's format
 * @param stdin whether its standard input stays open for attach; else it reads nothing
 * @param stopSignal such as {@code SIGUSR1}; empty for SIGTERM
 * @param target the container whose processes it shall see; empty for none
 */
public record ContainerConfig(
    String name,
    int attempt,
    String image,
    List<String> command,
    List<String> environment,
    String workingDirectory,
    List<Mount> mounts,
    SecurityOptions security,
    @Nullable Path terminationMessage,
    String terminationMessagePath,
    Path log,
    boolean stdin,
    boolean stdinOnce,
    boolean tty,
    ContainerResources resources,
    String stopSignal,
    String target) {

  public ContainerConfig {
    command = List.copyOf(command);
    environment = List.copyOf(environment);
    mounts = List.copyOf(mounts);
  }
}
