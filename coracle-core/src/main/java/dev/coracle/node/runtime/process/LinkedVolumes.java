package dev.coracle.node.runtime.process;

import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Volumes of a container that has no mounts of its own: links, at the mount paths below a directory
 * whose name the container finds in {@code CONTAINER_SANDBOX_MOUNT_POINT}. That is how Kubernetes'
 * other kind of host process, a Windows HostProcess container, finds its volumes. A mount below
 * another mount has no link: it would be made inside the outer volume.
 */
final class LinkedVolumes {

  static final String VARIABLE = "CONTAINER_SANDBOX_MOUNT_POINT";

  private LinkedVolumes() {}

  /**
   * Makes the links.
   *
   * @return the container with the variable added
   */
  static ContainerConfig link(Path root, ContainerConfig config) throws IOException {
    Files.createDirectories(root);
    List<Mount> outerFirst = new ArrayList<>(config.mounts());
    outerFirst.sort(Comparator.comparingInt(mount -> Path.of(mount.target()).getNameCount()));
    for (Mount mount : outerFirst) {
      link(root, mount.target(), mount.source());
    }
    Path message = config.terminationMessage();
    if (message != null) {
      link(root, config.terminationMessagePath(), message);
    }
    List<String> environment = new ArrayList<>(config.environment());
    environment.add(VARIABLE + "=" + root);
    return new ContainerConfig(
        config.name(),
        config.attempt(),
        config.image(),
        config.command(),
        environment,
        config.workingDirectory(),
        config.mounts(),
        config.security(),
        config.terminationMessage(),
        config.terminationMessagePath(),
        config.log(),
        config.stdin(),
        config.stdinOnce(),
        config.tty(),
        config.resources(),
        config.stopSignal(),
        config.target());
  }

  private static void link(Path root, String at, Path volume) throws IOException {
    Path link = root.resolve(at.replaceFirst("^/+", "")).normalize();
    if (!link.startsWith(root)
        || leadsThroughLink(root, link)
        || Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, volume);
  }

  private static boolean leadsThroughLink(Path root, Path link) {
    Path above = root;
    for (Path name : root.relativize(link)) {
      above = above.resolve(name);
      if (Files.isSymbolicLink(above)) {
        return true;
      }
    }
    return false;
  }
}
