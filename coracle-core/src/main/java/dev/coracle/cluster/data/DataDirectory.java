package dev.coracle.cluster.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a cluster keeps everything, and the proof that nobody else uses it: a lock that the
 * operating system takes back when the process dies, however it dies.
 *
 * <pre>
 * coracle.pid      the process id of the holder
 * coracle.json     what runs: see {@link State}
 * coracle.lock     locked while a process holds the directory
 * coracle.log      what a detached cluster says
 * kubeconfig       the administrator's access
 * pki/  store/  node/  volumes/
 * </pre>
 */
public final class DataDirectory implements AutoCloseable {

  /**
   * What runs on a directory, for {@code coracle status} and {@code coracle down}.
   *
   * @param server the API server's URL
   * @param runtime of Pods, in words
   */
  public record State(long pid, String server, Instant since, String runtime, String only) {}

  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private DataDirectory(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /** {@code ~/.coracle}, or what CORACLE_DATA says. */
  public static Path defaultPath(Map<String, String> environment) {
    String chosen = environment.getOrDefault("CORACLE_DATA", "");
    if (!chosen.isBlank()) {
      return Path.of(chosen);
    }
    return Path.of(
        environment.getOrDefault("HOME", System.getProperty("user.home", "/root")), ".coracle");
  }

  /**
   * Makes the directory if need be and locks it.
   *
   * @throws StartException when it can't be written, or another process holds it
   */
  public static DataDirectory open(Path directory) {
    Path path = directory.toAbsolutePath().normalize();
    FileChannel channel = null;
    try {
      PrivateFiles.createDirectories(path);
      PrivateFiles.closeToOthers(path);
      channel =
          FileChannel.open(
              path.resolve("coracle.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StartException(
            StartException.Kind.DIRECTORY_HELD,
            "the data directory "
                + path
                + " is held by "
                + runningPid(path).map(pid -> "process " + pid).orElse("another process")
                + "; stop it with 'coracle down --data "
                + path
                + "' or choose another with --data");
      }
      PrivateFiles.writeReadable(path.resolve("coracle.pid"), ProcessHandle.current().pid() + "\n");
      Files.deleteIfExists(path.resolve("coracle.json"));
      return new DataDirectory(path, channel, lock);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new StartException(
          StartException.Kind.DIRECTORY_NOT_WRITABLE,
          "the data directory "
              + path
              + " can't be written ("
              + reason(e)
              + "); choose another with --data");
    }
  }

  /**
   * Whether one can be told from none.
   *
   * @throws StartException when this user may not look into it
   */
  public static void checkReachable(Path path) {
    boolean there = Files.isDirectory(path);
    boolean hidden = !there && !Files.exists(path) && !Files.notExists(path);
    if (hidden || (there && !(Files.isReadable(path) && Files.isExecutable(path)))) {
      throw new StartException(
          StartException.Kind.DIRECTORY_NOT_WRITABLE,
          "the data directory "
              + path
              + " can't be read (permission denied); be the user that it belongs to, or choose"
              + " another with --data");
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by another cluster of this very process.
      return null;
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Why something could not be done with a file that the message names already. */
  public static String reason(IOException e) {
    boolean notOwner =
        e instanceof FileSystemException refused
            && "Operation not permitted".equals(refused.getReason());
    if (e instanceof AccessDeniedException || notOwner) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "it is a file";
    }
    String message = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  /** The holder of a directory, if one runs. */
  public static Optional<Long> runningPid(Path directory) {
    try {
      long pid = Long.parseLong(Files.readString(directory.resolve("coracle.pid")).strip());
      return holds(directory) && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)
          ? Optional.of(pid)
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether any process has the lock: a pid file of a dead process means nothing. */
  private static boolean holds(Path directory) {
    Path file = directory.resolve("coracle.lock");
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        return true;
      }
      lock.release();
      return false;
    } catch (IOException e) {
      // Another user's directory: its pid file is all there is to go by.
      return true;
    }
  }

  /** What the holder wrote of itself, if one runs. */
  public static Optional<State> state(Path directory) {
    return runningPid(directory).flatMap(pid -> readState(directory, pid));
  }

  private static Optional<State> readState(Path directory, long pid) {
    try {
      ObjectNode node = Json.readObject(Files.readAllBytes(directory.resolve("coracle.json")));
      return Optional.of(
          new State(
              pid,
              node.path("server").asText(),
              Instant.parse(node.path("since").asText()),
              node.path("runtime").asText(),
              node.path("only").asText()));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  public Path path() {
    return path;
  }

  public Path resolve(String name) {
    return path.resolve(name);
  }

  /** Says what runs here, for other processes. */
  public void publish(State state) throws IOException {
    ObjectNode node =
        Json.object()
            .put("pid", state.pid())
            .put("server", state.server())
            .put("since", state.since().toString())
            .put("runtime", state.runtime())
            .put("only", state.only());
    PrivateFiles.writeReadable(
        path.resolve("coracle.json"), Json.read(Json.write(node)).toPrettyString() + "\n");
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(path.resolve("coracle.json"));
      Files.deleteIfExists(path.resolve("coracle.pid"));
      lock.release();
      channel.close();
    } catch (IOException e) {
      // The lock goes with the process at the latest.
      return;
    }
  }
}
