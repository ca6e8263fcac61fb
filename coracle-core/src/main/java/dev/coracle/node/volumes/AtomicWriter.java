package dev.coracle.node.volumes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a set of files so that a reader sees either all old or all new ones: into a new directory
 * {@code ..2026_11_21_...}, to which the symbolic link {@code ..data} is then swapped; what users
 * see are links through {@code ..data}.
 */
public final class AtomicWriter {

  /**
   * A file.
   *
   * @param mode permission bits
   * @param user who owns it; negative for the process's
   */
  public record Content(byte[] data, int mode, long user) {

    public Content(byte[] data, int mode) {
      this(data, mode, -1);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Content content
          && content.mode == mode
          && content.user == user
          && Arrays.equals(content.data, data);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(data) + mode + Long.hashCode(user);
    }
  }

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("'..'yyyy_MM_dd_HH_mm_ss.").withZone(ZoneOffset.UTC);
  private static final AtomicLong SEQUENCE = new AtomicLong(System.nanoTime() % 1_000_000_000);

  private final Path target;
  private final long group;
  private Map<String, Content> written = Map.of();
  private boolean first = true;

  /**
   * @param target the volume's directory
   * @param group who owns the files; negative for the process's
   */
  public AtomicWriter(Path target, long group) {
    this.target = target;
    this.group = group;
  }

  /**
   * Makes the files at relative paths all there is.
   *
   * @return whether anything changed
   */
  public synchronized boolean write(Map<String, Content> files) throws IOException {
    if (!first && written.equals(files)) {
      return false;
    }
    for (String path : files.keySet()) {
      check(path);
    }
    Files.createDirectories(target);
    Path data = target.resolve("..data");
    Path old = Files.isSymbolicLink(data) ? Files.readSymbolicLink(data) : null;
    Path fresh = Files.createDirectory(target.resolve(newName()));
    permissions(fresh, 0755);
    for (Map.Entry<String, Content> file : new TreeMap<>(files).entrySet()) {
      Path path = fresh.resolve(file.getKey());
      makeParents(fresh, file.getKey());
      Files.write(path, file.getValue().data());
      permissions(path, file.getValue().mode());
      own(path, "unix:gid", group);
      own(path, "unix:uid", file.getValue().user());
    }
    Path swap = target.resolve("..data_tmp");
    Files.deleteIfExists(swap);
    Files.createSymbolicLink(swap, fresh.getFileName());
    Files.move(swap, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    link(files.keySet());
    if (old != null) {
      delete(target.resolve(old));
    }
    written = Map.copyOf(files);
    first = false;
    return true;
  }

  /** Files stay in the volume, whatever the API let through. */
  private static void check(String path) throws IOException {
    if (path.isEmpty()) {
      throw new IOException("invalid path: must not be empty");
    }
    if (path.startsWith("/")) {
      throw new IOException("invalid path: must be relative path: " + path);
    }
    for (String step : path.split("/", -1)) {
      if (step.equals("..")) {
        throw new IOException("invalid path: must not contain '..': " + path);
      }
      if (step.length() > 255) {
        throw new IOException(
            "invalid path: filename must be less than or equal to 255 characters");
      }
    }
    if (path.startsWith("..")) {
      throw new IOException("invalid path: must not start with '..': " + path);
    }
  }

  private static String newName() {
    return TIME.format(Instant.now()) + SEQUENCE.incrementAndGet();
  }

  private static void makeParents(Path root, String path) throws IOException {
    int slash = path.indexOf('/');
    while (slash > 0) {
      Path directory = root.resolve(path.substring(0, slash));
      Files.createDirectories(directory);
      permissions(directory, 0755);
      slash = path.indexOf('/', slash + 1);
    }
  }

  private void link(Set<String> paths) throws IOException {
    Set<String> names = new HashSet<>();
    paths.forEach(path -> names.add(Path.of(path).getName(0).toString()));
    try (Stream<Path> existing = Files.list(target)) {
      for (Path path : existing.toList()) {
        String name = path.getFileName().toString();
        if (!name.startsWith("..") && !names.contains(name)) {
          delete(path);
        }
      }
    }
    for (String name : names) {
      Path link = target.resolve(name);
      if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(link, Path.of("..data", name));
      }
    }
  }

  private static void own(Path path, String attribute, long id) {
    if (id < 0) {
      return;
    }
    try {
      Files.setAttribute(path, attribute, (int) id, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException | UnsupportedOperationException e) {
      // Without the right to give files away they stay ours.
      return;
    }
  }

  static void permissions(Path path, int mode) throws IOException {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values();
    for (int i = 0; i < all.length; i++) {
      if ((mode & (0400 >> i)) != 0) {
        set.add(all[i]);
      }
    }
    Files.setPosixFilePermissions(path, set);
  }

  static void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> children = Files.list(path)) {
        for (Path child : children.toList()) {
          delete(child);
        }
      }
    }
    Files.deleteIfExists(path);
  }
}
