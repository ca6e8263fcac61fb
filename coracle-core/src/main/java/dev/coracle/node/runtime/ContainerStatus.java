package dev.coracle.node.runtime;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A container as its runtime knows it.
 *
 * @param startedAt null before the start
 * @param finishedAt null before the end
 * @param exitCode 128 + signal for a killed one; 0 before the end
 * @param signal what killed it, or 0
 * @param reason Completed, Error, OOMKilled...; empty before the end
 */
public record ContainerStatus(
    String id,
    String sandboxId,
    String name,
    State state,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    int exitCode,
    int signal,
    String reason,
    String message) {

  /** The CRI's states. */
  public enum State {
    CREATED,
    RUNNING,
    EXITED
  }
}
