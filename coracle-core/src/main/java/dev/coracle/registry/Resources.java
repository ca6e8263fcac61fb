package dev.coracle.registry;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.StatusException;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.store.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is served: the built-in rows and, changing while the server runs, those of CRDs. Readers see
 * one immutable map.
 */
final class Resources {

  private record View(Map<GroupVersionResource, Resource> byName, List<ResourceType> types) {}

  private final Store store;
  private final Map<String, WatchCache> caches = new ConcurrentHashMap<>();
  private final Map<String, List<Resource>> custom = new LinkedHashMap<>();
  private final List<Resource> builtIn = new ArrayList<>();
  private final ScalePaths.Known scalePaths = new ScalePaths.Known();
  private volatile View view = new View(Map.of(), List.of());
  private volatile long generation;

  Resources(Store store, Strategies strategies) {
    this.store = store;
    for (ResourceTable.Row row : ResourceTable.load()) {
      ResourceType type = row.type();
      builtIn.add(
          new Resource(
              type,
              strategies.of(type),
              row.virtual() ? null : cache(type),
              Conversions.of(type),
              row.countsGeneration(),
              row.answersDeleted()));
    }
    publish();
  }

  private WatchCache cache(ResourceType type) {
    return caches.computeIfAbsent(
        type.storePrefix(), prefix -> new WatchCache(store, prefix, WatchCache.Bounds.ofHeap()));
  }

  private synchronized void publish() {
    Map<GroupVersionResource, Resource> byName = new LinkedHashMap<>();
    List<ResourceType> types = new ArrayList<>();
    for (Resource resource : builtIn) {
      byName.put(resource.type().gvr(), resource);
      types.add(resource.type());
    }
    for (List<Resource> rows : custom.values()) {
      for (Resource resource : rows) {
        byName.put(resource.type().gvr(), resource);
        types.add(resource.type());
      }
    }
    view = new View(byName, List.copyOf(types));
    generation++;
  }

  /** Something that discovery or OpenAPI shows of the same rows has changed. */
  synchronized void touch() {
    generation++;
  }

  /** Serves a CRD's versions; none to serve it no more. */
  synchronized void setCustom(String definition, List<ResourceType> types) {
    List<Resource> before = custom.remove(definition);
    if (!types.isEmpty()) {
      List<Resource> rows = new ArrayList<>();
      for (ResourceType type : types) {
        rows.add(
            new Resource(
                type,
                new CustomStrategy(),
                cache(type),
                types.size() == 1 ? null : new VersionOnly(type),
                true,
                false));
      }
      custom.put(definition, rows);
    } else if (before != null) {
      for (Resource row : before) {
        WatchCache cache = caches.remove(row.type().storePrefix());
        if (cache != null) {
          cache.close();
        }
      }
    }
    publish();
  }

  /** Versions of a CRD without a webhook differ in nothing but apiVersion. */
  private record VersionOnly(ResourceType type) implements Conversion {
    @Override
    public void toStored(com.fasterxml.jackson.databind.node.ObjectNode object) {
      object.put("apiVersion", type.group() + "/" + type.storageVersion());
    }

    @Override
    public void fromStored(com.fasterxml.jackson.databind.node.ObjectNode object) {
      object.put("apiVersion", type.group() + "/" + type.version());
    }
  }

  @Nullable ResourceType find(String group, String version, String plural) {
    Resource resource = view.byName().get(new GroupVersionResource(group, version, plural));
    return resource == null ? null : resource.type();
  }

  Collection<ResourceType> types() {
    return view.types();
  }

  long generation() {
    return generation;
  }

  Resource of(ResourceType type) {
    return of(type.gvr());
  }

  Resource of(GroupVersionResource name) {
    Resource resource = view.byName().get(name);
    if (resource == null) {
      throw StatusException.noSuchPath();
    }
    return resource;
  }

  Resource core(String plural) {
    return of(GroupVersionResource.core(plural));
  }

  /** Whether a built-in resource has the name. */
  boolean isBuiltIn(String group, String plural) {
    for (Resource resource : builtIn) {
      if (resource.type().group().equals(group) && resource.type().plural().equals(plural)) {
        return true;
      }
    }
    return false;
  }

  ScalePaths.Known scalePaths() {
    return scalePaths;
  }

  Set<String> customDefinitions() {
    synchronized (this) {
      return Set.copyOf(custom.keySet());
    }
  }

  void close() {
    caches.values().forEach(WatchCache::close);
  }
}
