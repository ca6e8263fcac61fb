package dev.coracle.node.runtime;

import java.util.List;

/**
 * A sandbox that is there.
 *
 * @param ips the Pod's addresses, first the primary one; empty when it has none of its own
 */
public record Sandbox(String id, List<String> ips) {
  public Sandbox {
    ips = List.copyOf(ips);
  }
}
