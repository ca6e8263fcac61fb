package dev.coracle.client;

import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one informer, by namespace and name and by its indexes. One writer at a time (the
 * informer sees to that), any number of readers, who never wait. Objects are shared, not copied.
 */
final class ObjectCache {

  private record Index(
      Function<KubeObject, List<String>> keys,
      ConcurrentHashMap<String, ConcurrentHashMap<String, KubeObject>> entries) {}

  private final ConcurrentHashMap<String, ConcurrentHashMap<String, KubeObject>> namespaces =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Index> indexes = new ConcurrentHashMap<>();

  @Nullable KubeObject get(String namespace, String name) {
    Map<String, KubeObject> objects = namespaces.get(namespace);
    return objects == null ? null : objects.get(name);
  }

  /** All objects, or those of one namespace. */
  List<KubeObject> list(String namespace) {
    if (!namespace.isEmpty()) {
      Map<String, KubeObject> objects = namespaces.get(namespace);
      return objects == null ? List.of() : new ArrayList<>(objects.values());
    }
    List<KubeObject> all = new ArrayList<>();
    namespaces.values().forEach(objects -> all.addAll(objects.values()));
    return all;
  }

  List<KubeObject> byIndex(String index, String key) {
    Index known = indexes.get(index);
    if (known == null) {
      throw new IllegalArgumentException("no index " + index);
    }
    Map<String, KubeObject> objects = known.entries.get(key);
    return objects == null ? List.of() : new ArrayList<>(objects.values());
  }

  /** Does nothing when there is an index of that name. */
  void addIndex(String name, Function<KubeObject, List<String>> keys) {
    if (indexes.containsKey(name)) {
      return;
    }
    Index index = new Index(keys, new ConcurrentHashMap<>());
    list("").forEach(object -> file(index, object));
    indexes.put(name, index);
  }

  /**
   * @return what was there before
   */
  @Nullable KubeObject put(KubeObject object) {
    KubeObject before =
        namespaces
            .computeIfAbsent(object.namespace(), ns -> new ConcurrentHashMap<>())
            .put(object.name(), object);
    for (Index index : indexes.values()) {
      if (before != null) {
        unfile(index, before, object);
      }
      file(index, object);
    }
    return before;
  }

  /**
   * @return what was there before
   */
  @Nullable KubeObject remove(String namespace, String name) {
    ConcurrentHashMap<String, KubeObject> objects = namespaces.get(namespace);
    KubeObject before = objects == null ? null : objects.remove(name);
    if (objects != null && objects.isEmpty()) {
      namespaces.remove(namespace);
    }
    if (before != null) {
      for (Index index : indexes.values()) {
        unfile(index, before, null);
      }
    }
    return before;
  }

  private static void file(Index index, KubeObject object) {
    for (String key : index.keys.apply(object)) {
      index.entries.computeIfAbsent(key, k -> new ConcurrentHashMap<>()).put(object.key(), object);
    }
  }

  /** Takes an object out of the keys that its successor does not have. */
  private static void unfile(Index index, KubeObject before, @Nullable KubeObject successor) {
    List<String> kept = successor == null ? List.of() : index.keys.apply(successor);
    for (String key : index.keys.apply(before)) {
      if (kept.contains(key)) {
        continue;
      }
      ConcurrentHashMap<String, KubeObject> objects = index.entries.get(key);
      if (objects != null) {
        objects.remove(before.key());
        if (objects.isEmpty()) {
          index.entries.remove(key);
        }
      }
    }
  }
}
