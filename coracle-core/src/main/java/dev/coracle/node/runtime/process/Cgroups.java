package dev.coracle.node.runtime.process;

import dev.coracle.node.runtime.ContainerResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this process may make control groups for its containers: below its own ones, so that what
 * limits it limits them too. Without rights there are none, and resources are not enforced.
 */
final class Cgroups {

  private static final List<String> CONTROLLERS = List.of("memory", "cpu", "cpuacct");

  private final boolean unified;
  private final Map<String, Path> parents;

  private Cgroups(boolean unified, Map<String, Path> parents) {
    this.unified = unified;
    this.parents = parents;
  }

  static Cgroups find() {
    Map<String, Path> mounted = new HashMap<>();
    try {
      Map<String, String> own = new HashMap<>();
      for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
        String[] parts = line.split(":", 3);
        for (String controller : parts[1].split(",")) {
          own.put(controller, parts[2]);
        }
      }
      for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
        read(line, own, mounted);
      }
    } catch (IOException e) {
      return new Cgroups(false, Map.of());
    }
    Path version2 = mounted.remove("");
    if (mounted.containsKey("memory") || version2 == null) {
      return new Cgroups(false, mounted);
    }
    return new Cgroups(true, delegate(version2));
  }

  private static void read(String line, Map<String, String> own, Map<String, Path> mounted) {
    String[] halves = line.split(" - ", 2);
    String[] mount = halves[0].split(" ");
    String[] source = halves.length < 2 ? new String[0] : halves[1].split(" ");
    if (source.length < 3 || !source[0].startsWith("cgroup")) {
      return;
    }
    List<String> options = Arrays.asList(source[2].split(","));
    List<String> controllers = source[0].equals("cgroup2") ? List.of("") : CONTROLLERS;
    for (String controller : controllers) {
      String path = own.get(controller);
      if (path == null || (!controller.isEmpty() && !options.contains(controller))) {
        continue;
      }
      String root = mount[3].equals("/") ? "" : mount[3];
      String below = path.startsWith(root) ? path.substring(root.length()) : "";
      Path directory = Path.of(mount[4] + below).normalize();
      if (Files.isWritable(directory.resolve("cgroup.procs"))) {
        mounted.put(controller, directory);
      }
    }
  }

  /** A group of version 2 gives controllers to its children only when it has no processes. */
  private static Map<String, Path> delegate(Path own) {
    for (Path parent = own; parent != null; parent = parent.getParent()) {
      Path control = parent.resolve("cgroup.subtree_control");
      if (!Files.isWritable(control)) {
        break;
      }
      try {
        Files.writeString(control, "+memory +cpu");
        return Map.of("memory", parent, "cpu", parent);
      } catch (IOException e) {
        continue;
      }
    }
    return Map.of();
  }

  /**
   * Makes a group; null when there can be none, or need be none: to move a process into groups of
   * version 1 takes 20 ms, half as long as all else of a Pod's start.
   *
   * @param name unique on this host
   * @param within the group of the whole Pod; null for none
   */
  @Nullable Cgroup make(String name, ContainerResources resources, @Nullable Cgroup within) {
    if (parents.isEmpty() || (within == null && resources.isBestEffort())) {
      return null;
    }
    Map<String, Path> directories = new HashMap<>();
    parents.forEach(
        (controller, own) -> {
          Path outer = within == null ? null : within.directories.get(controller);
          Path directory = (outer == null ? own : outer).resolve("coracle-" + name);
          try {
            Files.createDirectories(directory);
            directories.put(controller, directory);
          } catch (IOException e) {
            // This hierarchy is left out.
            return;
          }
        });
    if (directories.isEmpty()) {
      return null;
    }
    Cgroup group = new Cgroup(unified, directories);
    group.limit(resources);
    return group;
  }

  /** Makes a group that has no processes of its own, only the groups of a Pod's containers. */
  @Nullable Cgroup makeForPod(String uid, ContainerResources resources) {
    Cgroup group = make("pod" + uid, resources, null);
    if (group != null && unified) {
      try {
        Files.writeString(
            group.directories().getFirst().resolve("cgroup.subtree_control"), "+memory +cpu");
      } catch (IOException e) {
        group.remove();
        return null;
      }
    }
    return group;
  }
}
