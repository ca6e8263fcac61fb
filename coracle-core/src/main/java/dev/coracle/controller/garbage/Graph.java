package dev.coracle.controller.garbage;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who is owned by whom: by an owner's uid, the objects that name it. Thread-safe. */
final class Graph {

  /** An object by name; its uid tells it from another of the same name. */
  record Item(GroupVersionResource resource, String namespace, String name, String uid) {
    static Item of(GroupVersionResource resource, KubeObject object) {
      return new Item(resource, object.namespace(), object.name(), object.uid());
    }
  }

  private final Map<String, Map<String, Item>> dependents = new HashMap<>();
  private final Map<String, List<String>> owners = new HashMap<>();

  synchronized void put(Item item, List<OwnerReference> references) {
    List<String> before = owners.getOrDefault(item.uid(), List.of());
    List<String> now = references.stream().map(OwnerReference::uid).distinct().toList();
    for (String owner : before) {
      if (!now.contains(owner)) {
        unlink(owner, item.uid());
      }
    }
    for (String owner : now) {
      dependents.computeIfAbsent(owner, uid -> new LinkedHashMap<>()).put(item.uid(), item);
    }
    if (now.isEmpty()) {
      owners.remove(item.uid());
    } else {
      owners.put(item.uid(), now);
    }
  }

  synchronized void remove(String uid) {
    List<String> before = owners.remove(uid);
    if (before != null) {
      before.forEach(owner -> unlink(owner, uid));
    }
  }

  private void unlink(String owner, String dependent) {
    Map<String, Item> items = dependents.get(owner);
    if (items != null) {
      items.remove(dependent);
      if (items.isEmpty()) {
        dependents.remove(owner);
      }
    }
  }

  synchronized List<Item> dependents(String owner) {
    return new ArrayList<>(dependents.getOrDefault(owner, Map.of()).values());
  }
}
