package dev.coracle.node.runtime;

import java.util.List;

/** A command to run in a container. */
public record ExecRequest(List<String> command, boolean stdin, boolean tty) {
  public ExecRequest {
    command = List.copyOf(command);
  }
}
