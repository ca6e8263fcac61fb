package dev.coracle.node.volumes;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Gives a volume to a Pod's {@code fsGroup}. */
final class GroupOwnership {

  private static final int GROUP_READS_AND_WRITES = 0060;
  private static final int GROUP_ENTERS = 0010;
  private static final int SET_GROUP = 02000;

  private GroupOwnership() {}

  /**
   * Gives a directory with all that is in it to a group, which may read and write it from then on;
   * new files there are the group's too. Without the right to, everything stays as it is.
   *
   * @param onlyOnMismatch whether a directory that is the group's already is left alone
   */
  static void give(Path directory, int group, boolean onlyOnMismatch) throws IOException {
    try {
      if (onlyOnMismatch && isGiven(directory, group)) {
        return;
      }
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              giveOne(file, group, attributes.isSymbolicLink() ? 0 : GROUP_READS_AND_WRITES);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
                throws IOException {
              giveOne(path, group, GROUP_READS_AND_WRITES | GROUP_ENTERS | SET_GROUP);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (java.nio.file.FileSystemException | UnsupportedOperationException e) {
      // Without the right to give files away they stay as they are.
      return;
    }
  }

  private static boolean isGiven(Path directory, int group) throws IOException {
    int wanted = GROUP_READS_AND_WRITES | GROUP_ENTERS | SET_GROUP;
    return (Integer) Files.getAttribute(directory, "unix:gid") == group
        && ((Integer) Files.getAttribute(directory, "unix:mode") & wanted) == wanted;
  }

  private static void giveOne(Path path, int group, int more) throws IOException {
    Files.setAttribute(path, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
    if (more != 0) {
      int mode = (Integer) Files.getAttribute(path, "unix:mode") & 07777;
      Files.setAttribute(path, "unix:mode", mode | more);
    }
  }
}
