package dev.coracle.registry.resource;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.StatusException;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.store.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is served: the built-in rows and, changing while the server runs, those of CRDs. Readers see
 * one immutable map.
 */
public final class Resources {

  private record View(Map<GroupVersionResource, Resource> byName, List<ResourceType> types) {}

  private final Store store;
  private final Map<String, WatchCache> caches = new ConcurrentHashMap<>();
  private final Map<String, List<Resource>> custom = new LinkedHashMap<>();
  private final List<Resource> builtIn = new ArrayList<>();
  private final ScalePaths.Known scalePaths = new ScalePaths.Known();
  private volatile View view = new View(Map.of(), List.of());
  private volatile long generation;

  public Resources(Store store, Function<ResourceType, Strategy> strategies) {
    this.store = store;
    for (ResourceTable.Row row : ResourceTable.load()) {
      ResourceType type = row.type();
      builtIn.add(
          new Resource(
              type,
              strategies.apply(type),
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
  public synchronized void touch() {
    generation++;
  }

  /** A version of a CRD that is served. */
  public record CustomVersion(ResourceType type, Conversion conversion) {}

  /**
   * Serves a CRD's versions; none to serve it no more.
   *
   * @param restart whether watches end, since what they would tell has another form now
   */
  public synchronized void setCustom(
      String definition, List<CustomVersion> versions, boolean restart) {
    List<Resource> before = custom.remove(definition);
    if (!versions.isEmpty()) {
      List<Resource> rows = new ArrayList<>();
      for (CustomVersion version : versions) {
        rows.add(
            new Resource(
                version.type(),
                new CustomStrategy(),
                cache(version.type()),
                version.conversion(),
                true,
                false));
      }
      custom.put(definition, rows);
    }
    publish();
    if (before != null) {
      for (Resource row : before) {
        WatchCache cache =
            versions.isEmpty()
                ? caches.remove(row.type().storePrefix())
                : restart ? caches.get(row.type().storePrefix()) : null;
        if (cache != null && versions.isEmpty()) {
          cache.close();
        } else if (cache != null) {
          cache.endWatches();
        }
      }
    }
  }

  public @Nullable ResourceType find(String group, String version, String plural) {
    Resource resource = view.byName().get(new GroupVersionResource(group, version, plural));
    return resource == null ? null : resource.type();
  }

  public Collection<ResourceType> types() {
    return view.types();
  }

  public long generation() {
    return generation;
  }

  public Resource of(ResourceType type) {
    return of(type.gvr());
  }

  public Resource of(GroupVersionResource name) {
    Resource resource = view.byName().get(name);
    if (resource == null) {
      throw StatusException.noSuchPath();
    }
    return resource;
  }

  public Resource core(String plural) {
    return of(GroupVersionResource.core(plural));
  }

  public ScalePaths.Known scalePaths() {
    return scalePaths;
  }

  void close() {
    caches.values().forEach(WatchCache::close);
  }
}
