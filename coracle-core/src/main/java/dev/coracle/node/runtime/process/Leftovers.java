package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.HostProcess;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.MountTable;
import dev.coracle.node.linux.SystemCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Removes what a runtime that was killed left behind: processes, mounts, files. */
final class Leftovers {

  private Leftovers() {}

  /**
   * @return the networks' keys of the sandboxes that were there
   */
  static java.util.List<String> cleanUp(Path directory) {
    java.util.List<String> networks = new java.util.ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return networks;
    }
    try (Stream<Path> sandboxes = Files.list(directory)) {
      for (Path sandbox : sandboxes.toList()) {
        killAll(sandbox.resolve("processes"));
        Path cgroups = sandbox.resolve("cgroups");
        if (Files.exists(cgroups)) {
          Cgroup.remove(Files.readAllLines(cgroups).stream().map(Path::of).toList());
        }
        Path network = sandbox.resolve("network");
        if (Files.exists(network)) {
          networks.add(Files.readString(network));
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    remove(directory);
    return networks;
  }

  private static void killAll(Path list) throws IOException {
    if (!Files.exists(list)) {
      return;
    }
    for (String line : Files.readAllLines(list)) {
      String[] words = line.split(" ");
      if (words.length < 3) {
        continue;
      }
      int pid = Integer.parseInt(words[0]);
      if (!words[1].isEmpty() && HostProcess.startTime(pid).equals(words[1])) {
        long unused =
            Linux.call(SystemCall.KILL, words[2].equals("group") ? -pid : pid, Constants.SIGKILL);
      }
    }
  }

  /** Unmounts everything below a directory and deletes it; what is mounted is not touched. */
  static void remove(Path directory) {
    if (Linux.isSupported()) {
      for (String mount : MountTable.below(directory)) {
        Linux.detach(mount);
      }
    }
    delete(directory);
  }

  static void delete(Path path) {
    try {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        try (Stream<Path> children = Files.list(path)) {
          children.toList().forEach(Leftovers::delete);
        }
      }
      boolean unused = Files.deleteIfExists(path);
    } catch (IOException e) {
      // What cannot be deleted now is deleted at the next start.
      return;
    }
  }
}
