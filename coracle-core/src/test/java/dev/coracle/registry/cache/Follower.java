package dev.coracle.registry.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.registry.Registry;
import dev.coracle.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A watcher, and what it must have seen. */
final class Follower implements Registry.WatchSink {
  final String namespace;
  final String color;
  final boolean initial;
  final List<WatchEvent> events = new ArrayList<>();
  long from;
  Registry.@Nullable Watch watch;

  Follower(String namespace, String color, boolean initial) {
    this.namespace = namespace;
    this.color = color;
    this.initial = initial;
  }

  @Override
  public synchronized boolean offer(WatchEvent event) {
    events.add(event);
    return true;
  }

  @Override
  public void ended() {}

  Selection selection() {
    return color.isEmpty()
        ? Selection.ALL
        : (object, fields) -> color.equals(object.labels().get("color"));
  }

  boolean wants(Store.@Nullable Entry entry) {
    if (entry == null) {
      return false;
    }
    KubeObject object = StoredJson.object(entry);
    return (namespace.isEmpty() || object.namespace().equals(namespace))
        && (color.isEmpty() || color.equals(object.labels().get("color")));
  }

  synchronized void check(List<Store.Change> history, boolean complete) {
    List<String> seen = new ArrayList<>();
    long after = from;
    int start = 0;
    if (initial) {
      while (events.get(start).type() != WatchEvent.Type.BOOKMARK) {
        start++;
      }
      after = events.get(start).object().resourceVersion();
      List<String> state = new ArrayList<>();
      events.subList(0, start).forEach(event -> state.add(Things.describe(event)));
      assertThat(state).isEqualTo(stateAt(history, after));
      start++;
    }
    events.subList(start, events.size()).forEach(event -> seen.add(Things.describe(event)));
    List<String> expected = eventsAfter(history, after);
    if (!complete) {
      assertThat(seen.size()).isLessThanOrEqualTo(expected.size());
      expected = expected.subList(0, seen.size());
    }
    assertThat(seen).isEqualTo(expected);
  }

  private List<String> stateAt(List<Store.Change> history, long revision) {
    TreeMap<String, Store.Entry> state = new TreeMap<>();
    for (Store.Change change : history) {
      if (change.revision() > revision) {
        break;
      }
      switch (change) {
        case Store.Change.Put put -> state.put(put.now().key(), put.now());
        case Store.Change.Delete delete -> state.remove(delete.last().key());
        case Store.Change.Progress _ -> {}
      }
    }
    List<String> wanted = new ArrayList<>();
    for (Store.Entry entry : state.values()) {
      if (wants(entry)) {
        KubeObject object = StoredJson.object(entry);
        wanted.add(
            Things.describe(
                "ADDED",
                object.key(),
                entry.modRevision(),
                object.labels().getOrDefault("color", "")));
      }
    }
    return wanted;
  }

  private List<String> eventsAfter(List<Store.Change> history, long revision) {
    List<String> expected = new ArrayList<>();
    for (Store.Change change : history) {
      if (change.revision() <= revision) {
        continue;
      }
      Store.Entry now = null;
      Store.Entry before = null;
      switch (change) {
        case Store.Change.Put put -> {
          now = put.now();
          before = put.before();
        }
        case Store.Change.Delete delete -> before = delete.last();
        case Store.Change.Progress _ -> {}
      }
      boolean is = wants(now);
      boolean was = wants(before);
      if (is || was) {
        Store.Entry shown = is ? now : before;
        KubeObject object = StoredJson.object(shown);
        expected.add(
            Things.describe(
                is ? (was ? "MODIFIED" : "ADDED") : "DELETED",
                object.key(),
                change.revision(),
                object.labels().getOrDefault("color", "")));
      }
    }
    return expected;
  }
}
