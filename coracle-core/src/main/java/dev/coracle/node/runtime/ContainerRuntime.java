package dev.coracle.node.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs containers, in the words of the CRI: a sandbox is what the containers of a Pod share, a
 * container is created, started, stopped and removed in one. All calls block and may be made from
 * virtual threads; failures are {@link RuntimeFailure}s.
 */
public interface ContainerRuntime extends AutoCloseable {

  /** Name and version as {@code Node.status.nodeInfo.containerRuntimeVersion} has them. */
  String version();

  /** One sentence on what this runtime cannot do here, or null when it can do everything. */
  @Nullable String degraded();

  /** Whether containers see files: if not, volumes need not be prepared. */
  boolean usesVolumes();

  /** Whether a Pod has an address of its own (and not the node's). */
  boolean hasPodNetwork();

  /** Whether it has what a RuntimeClass names as its handler. */
  default boolean knowsHandler(String handler) {
    return true;
  }

  /**
   * Told once of the end of each container, from one thread at a time; must be quick. What the
   * container wrote is in its log by then.
   */
  void onExit(Consumer<ContainerStatus> listener);

  /**
   * Makes the sandbox of a Pod and attaches it to the Pod network.
   *
   * @throws RuntimeFailure when it cannot; nothing is left of it then
   */
  Sandbox runSandbox(SandboxConfig config);

  /** Kills what still runs in a sandbox, detaches its network, removes it. Does nothing twice. */
  void removeSandbox(String sandboxId);

  /**
   * @return the new container's id
   */
  String createContainer(String sandboxId, ContainerConfig config);

  /**
   * Starts a created container; returns when its command is running.
   *
   * @throws RuntimeFailure with the reason that its status should show
   */
  void startContainer(String containerId);

  /** Sends a signal to the container's first process; does nothing when it is gone. */
  void signal(String containerId, int signal);

  /**
   * Asks a container to end, waits at most {@code grace}, then kills it, and waits for the end. A
   * later call with less grace is heeded.
   */
  void stopContainer(String containerId, Duration grace) throws InterruptedException;

  /** Whether a container can notice that it is asked to end; waiting for others is in vain. */
  default boolean heedsTermination(String containerId) {
    return true;
  }

  /** Lets a running container use other resources from now on, where resources are enforced. */
  default void updateResources(String containerId, ContainerResources resources) {}

  /** Forgets a container that is not running; its log stays. */
  void removeContainer(String containerId);

  /** Null when there is no such container. */
  @Nullable ContainerStatus status(String containerId);

  /** Runs a further command in a running container. */
  ContainerStream exec(String containerId, ExecRequest request);

  /** The streams of a container's first process, from now on. */
  ContainerStream attach(String containerId, boolean stdin, boolean stdout, boolean stderr);

  /** Connects to a port on the loopback of a sandbox. */
  PortConnection connect(String sandboxId, int port) throws IOException;

  /** Null when the container is not running or nothing is known. */
  @Nullable ContainerStats stats(String containerId);

  /**
   * The directory of the node that has the files which a container wrote to its own root, and which
   * count as its ephemeral storage; null when there is none.
   */
  default @Nullable Path writableLayer(String containerId) {
    return null;
  }

  /** What an image name stands for here; null when the image must be pulled. */
  @Nullable ImageStatus imageStatus(String image);

  /**
   * Brings an image.
   *
   * @throws RuntimeFailure when it cannot
   */
  ImageStatus pullImage(String image);

  /** Ids of the sandboxes that are there. */
  List<String> sandboxes();

  /** Removes every sandbox. */
  @Override
  void close();
}
