package dev.coracle.http.streaming;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/** How a remote command ended; becomes the {@code Status} on the error stream. */
public sealed interface CommandResult {

  /** The process ended; 0 is success. */
  record Exited(int code) implements CommandResult {}

  /** The command could not be run or its session broke. */
  record Failed(String why) implements CommandResult {}

  /** The {@code metav1.Status} that protocol version 4 and later carry. */
  default byte[] statusJson() {
    ObjectNode status = Json.object();
    status.putObject("metadata");
    switch (this) {
      case Exited(int code) when code == 0 -> status.put("status", "Success");
      case Exited(int code) -> {
        status.put("status", "Failure").put("message", message());
        status.put("reason", "NonZeroExitCode");
        status
            .putObject("details")
            .putArray("causes")
            .addObject()
            .put("reason", "ExitCode")
            .put("message", String.valueOf(code));
      }
      case Failed failed -> {
        status.put("status", "Failure").put("message", message());
        status.put("reason", "InternalError");
        status.putObject("details").putArray("causes").addObject().put("message", failed.why());
        status.put("code", 500);
      }
    }
    return Json.write(status);
  }

  /** For people, and for protocol versions before 4; empty for success. */
  default String message() {
    return switch (this) {
      case Exited(int code) when code == 0 -> "";
      case Exited(int code) ->
          "command terminated with non-zero exit code: command terminated with exit code " + code;
      case Failed(String why) -> "Internal error occurred: " + why;
    };
  }
}
