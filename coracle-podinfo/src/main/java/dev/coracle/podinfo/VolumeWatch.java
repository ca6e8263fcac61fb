package dev.coracle.podinfo;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;

/**
 * Follows a volume that a kubelet writes: files are links through {@code ..data}, itself a link to
 * a directory with a time in its name, and a change is a swap of that one link. Where the file
 * system gives no events, the link is looked at twice a second.
 */
final class VolumeWatch implements PodInfo.Subscription {

  private static final long LOOK_MILLIS = 500;

  private final Path directory;
  private final Runnable changed;
  private final WatchService events;
  private volatile boolean closed;
  private String state;

  private VolumeWatch(Path directory, Runnable changed, WatchService events) throws IOException {
    this.directory = directory;
    this.changed = changed;
    this.events = events;
    this.state = state();
  }

  static VolumeWatch start(Path directory, Runnable changed) throws IOException {
    WatchService events = directory.getFileSystem().newWatchService();
    try {
      directory.register(
          events,
          StandardWatchEventKinds.ENTRY_CREATE,
          StandardWatchEventKinds.ENTRY_MODIFY,
          StandardWatchEventKinds.ENTRY_DELETE);
      VolumeWatch watch = new VolumeWatch(directory, changed, events);
      Thread thread = new Thread(watch::run, "podinfo-" + directory.getFileName());
      thread.setDaemon(true);
      thread.start();
      return watch;
    } catch (IOException e) {
      events.close();
      throw e;
    }
  }

  /** What tells one content from another: where {@code ..data} leads, or the newest change. */
  private String state() throws IOException {
    Path data = directory.resolve("..data");
    return Files.isSymbolicLink(data)
        ? Files.readSymbolicLink(data).toString()
        : Files.getLastModifiedTime(directory).toString();
  }

  private void run() {
    while (!closed) {
      try {
        WatchKey key = events.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (key != null) {
          key.pollEvents();
          key.reset();
        }
        String now = state();
        if (!now.equals(state)) {
          state = now;
          changed.run();
        }
      } catch (ClosedWatchServiceException e) {
        return;
      } catch (IOException e) {
        // In the middle of a swap, or unmounted: the next look tells.
        continue;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      events.close();
    } catch (IOException e) {
      return;
    }
  }
}
