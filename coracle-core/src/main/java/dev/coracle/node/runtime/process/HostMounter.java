package dev.coracle.node.runtime.process;

import dev.coracle.node.linux.Constants;
import dev.coracle.node.linux.Linux;
import dev.coracle.node.linux.MountTable;
import dev.coracle.node.volumes.Mounter;
import java.nio.file.Path;
import java.util.List;

/** Mounts of the node, by system call. */
public final class HostMounter implements Mounter {

  @Override
  public boolean mountMemory(Path directory, long bytes) {
    if (!Linux.isSupported()) {
      return false;
    }
    try {
      Linux.mount(
          "tmpfs",
          directory.toString(),
          "tmpfs",
          Constants.MS_NOSUID | Constants.MS_NODEV,
          bytes > 0 ? "mode=0777,size=" + bytes : "mode=0777");
      return true;
    } catch (Linux.Refused e) {
      return false;
    }
  }

  @Override
  public void unmount(Path directory) {
    if (Linux.isSupported()) {
      MountTable.below(directory.toAbsolutePath().normalize()).forEach(Linux::detach);
    }
  }

  @Override
  public void remove(Path directory) {
    Leftovers.remove(directory.toAbsolutePath().normalize());
  }

  /** What is mounted at and below a directory, the deepest first. */
  public static List<String> mountPoints(Path directory) {
    return Linux.isSupported()
        ? MountTable.below(directory.toAbsolutePath().normalize())
        : List.of();
  }
}
