package dev.coracle.registry.flow;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.cache.Selection;
import dev.coracle.registry.resource.Conversion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a watcher of a version for which others convert the objects sees the events of the stored
 * ones: converted many at once, when it takes them, so that nobody else waits for that. What is
 * selected is decided after the conversion. For one watcher, and one thread.
 */
final class ConvertedEvents implements UnaryOperator<List<WatchEvent>> {

  private final Conversion conversion;
  private final Selection selection;

  /** Whether the watcher knows an object, by its key; nothing for those from before the watch. */
  private final Map<String, Boolean> told = new HashMap<>();

  ConvertedEvents(Conversion conversion, Selection selection) {
    this.conversion = conversion;
    this.selection = selection;
  }

  /**
   * @throws StatusException when they cannot be converted, for whatever reason
   */
  @Override
  public List<WatchEvent> apply(List<WatchEvent> events) {
    List<KubeObject> stored = new ArrayList<>();
    for (WatchEvent event : events) {
      if (isChange(event)) {
        stored.add(event.object());
      }
    }
    List<KubeObject> converted = stored.isEmpty() ? stored : converted(stored);
    List<WatchEvent> seen = new ArrayList<>(events.size());
    int next = 0;
    for (WatchEvent event : events) {
      WatchEvent one = isChange(event) ? selected(event.type(), converted.get(next++)) : event;
      if (one != null) {
        seen.add(one);
      }
    }
    return seen;
  }

  private List<KubeObject> converted(List<KubeObject> stored) {
    try {
      return conversion.served(stored);
    } catch (StatusException e) {
      throw e;
    } catch (RuntimeException e) {
      throw StatusException.internal(String.valueOf(e.getMessage()));
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
