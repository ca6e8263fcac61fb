package dev.coracle.http.streaming;

/** How a remote command ended; becomes the {@code Status} on the error stream. */
public sealed interface CommandResult {

  /** The process ended; 0 is success. */
  record Exited(int code) implements CommandResult {}

  /** The command could not be run or its session broke. */
  record Failed(String message) implements CommandResult {}
}
