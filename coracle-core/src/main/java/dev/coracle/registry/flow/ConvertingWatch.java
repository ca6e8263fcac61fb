package dev.coracle.registry.flow;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import dev.coracle.registry.cache.Selection;
import dev.coracle.registry.resource.Conversion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A watch of a version for which others convert the objects: they are asked on a thread of the
 * watch's own, in the order of the events, so that nobody else waits for them. What is selected is
 * decided after the conversion.
 */
final class ConvertingWatch implements Registry.WatchSink {

  private static final int MOST_WAITING = 100_000;
  private static final int BATCH = 500;
  private static final WatchEvent END =
      new WatchEvent(
          WatchEvent.Type.ERROR,
          KubeObject.of("{}".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));

  private final Conversion conversion;
  private final Selection selection;
  private final Registry.WatchSink sink;
  private final LinkedBlockingQueue<WatchEvent> waiting = new LinkedBlockingQueue<>();

  /** Whether the watcher knows an object, by its key; nothing for those from before the watch. */
  private final Map<String, Boolean> told = new HashMap<>();

  private volatile Registry.@Nullable Watch source;
  private volatile boolean over;
  private volatile boolean closed;

  ConvertingWatch(Conversion conversion, Selection selection, Registry.WatchSink sink) {
    this.conversion = conversion;
    this.selection = selection;
    this.sink = sink;
  }

  /** The watch of the stored objects that feeds this one; from here on events are passed on. */
  Registry.Watch over(Registry.Watch stored) {
    source = stored;
    Thread.ofVirtual().name("converting watch").start(this::run);
    return () -> {
      closed = true;
      over = true;
      stored.close();
      waiting.add(END);
    };
  }

  @Override
  public boolean offer(WatchEvent event) {
    if (over) {
      return false;
    }
    if (waiting.size() >= MOST_WAITING) {
      waiting.add(END);
      return false;
    }
    waiting.add(event);
    return true;
  }

  @Override
  public void ended() {
    waiting.add(END);
  }

  private void run() {
    List<WatchEvent> batch = new ArrayList<>();
    try {
      while (!over) {
        batch.add(waiting.take());
        waiting.drainTo(batch, BATCH);
        int end = batch.indexOf(END);
        pass(end < 0 ? batch : batch.subList(0, end));
        if (end >= 0) {
          break;
        }
        batch.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StatusException e) {
      fail(e.status());
    } catch (RuntimeException e) {
      fail(new Status(500, "InternalError", "Internal error occurred: " + e.getMessage(), null));
    } finally {
      over = true;
      Registry.Watch feeding = source;
      if (feeding != null) {
        feeding.close();
      }
      if (!closed) {
        sink.ended();
      }
    }
  }

  private void fail(Status status) {
    sink.offer(new WatchEvent(WatchEvent.Type.ERROR, KubeObject.of(StatusJson.write(status))));
  }

  private void pass(List<WatchEvent> events) {
    List<KubeObject> stored = new ArrayList<>();
    for (WatchEvent event : events) {
      if (isChange(event)) {
        stored.add(event.object());
      }
    }
    List<KubeObject> converted = stored.isEmpty() ? stored : conversion.served(stored);
    int next = 0;
    for (WatchEvent event : events) {
      WatchEvent seen = isChange(event) ? selected(event.type(), converted.get(next++)) : event;
      if (seen != null && !over && !sink.offer(seen)) {
        over = true;
      }
    }
  }

  private static boolean isChange(WatchEvent event) {
    return switch (event.type()) {
      case ADDED, MODIFIED, DELETED -> true;
      case BOOKMARK, ERROR -> false;
    };
  }

  /** What the watcher sees of a change; null when it is none of its business. */
  private @Nullable WatchEvent selected(WatchEvent.Type type, KubeObject object) {
    if (selection == Selection.ALL) {
      return new WatchEvent(type, object);
    }
    Boolean before = told.get(object.key());
    boolean matches = selection.matches(object);
    if (type == WatchEvent.Type.DELETED) {
      told.remove(object.key());
      return before == null && !matches || Boolean.FALSE.equals(before)
          ? null
          : new WatchEvent(type, object);
    }
    told.put(object.key(), matches);
    if (matches) {
      return new WatchEvent(Boolean.FALSE.equals(before) ? WatchEvent.Type.ADDED : type, object);
    }
    return type == WatchEvent.Type.MODIFIED && !Boolean.FALSE.equals(before)
        ? new WatchEvent(WatchEvent.Type.DELETED, object)
        : null;
  }
}
