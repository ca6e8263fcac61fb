package dev.coracle.node.runtime;

import java.util.List;

/**
 * Who a container's processes are and what they may do.
 *
 * @param user the numeric user
 * @param groups supplementary groups
 * @param addedCapabilities names without {@code CAP_}; {@code ALL} for all
 */
public record SecurityOptions(
    long user,
    long group,
    List<Long> groups,
    boolean privileged,
    boolean noNewPrivileges,
    boolean readOnlyRoot,
    List<String> addedCapabilities,
    List<String> droppedCapabilities) {

  public static final SecurityOptions DEFAULT =
      new SecurityOptions(0, 0, List.of(), false, false, false, List.of(), List.of());

  public SecurityOptions {
    groups = List.copyOf(groups);
    addedCapabilities = List.copyOf(addedCapabilities);
    droppedCapabilities = List.copyOf(droppedCapabilities);
  }
}
