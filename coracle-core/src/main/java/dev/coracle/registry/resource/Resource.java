package dev.coracle.registry.resource;

import dev.coracle.api.StatusException;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.cache.WatchCache;
import org.jspecify.annotations.Nullable;

/**
 * A resource that is being served: its row, its behaviour and its cache.
 *
 * @param cache null when nothing of it is stored; shared by the versions of a resource
 * @param conversion between this version and the stored one; null when they are the same
 */
public record Resource(
    ResourceType type,
    Strategy strategy,
    @Nullable WatchCache cache,
    @Nullable Conversion conversion,
    boolean countsGeneration,
    boolean answersDeleted) {

  /** The cache of a resource that is stored. */
  public WatchCache stored() {
    if (cache == null) {
      throw StatusException.methodNotSupported(type.group(), type.plural(), "get");
    }
    return cache;
  }

  public void require(String verb) {
    if (!type.has(verb)) {
      throw StatusException.methodNotSupported(type.group(), type.plural(), verb);
    }
  }

  public void require(String subresource, String verb) {
    ResourceType.Subresource known = type.subresources().get(subresource);
    if (known == null) {
      throw StatusException.noSuchPath();
    }
    if (!known.verbs().contains(verb)) {
      throw StatusException.methodNotSupported(
          type.group(), type.plural() + "/" + subresource, verb);
    }
  }

  public boolean hasStatus() {
    return type.subresources().containsKey("status");
  }

  public String key(String namespace, String name) {
    return type.storePrefix() + (namespace.isEmpty() ? name : namespace + "/" + name);
  }

  public StatusException notFound(String name) {
    return StatusException.notFound(type.group(), type.plural(), name);
  }

  public StatusException alreadyExists(String name) {
    return StatusException.alreadyExists(type.group(), type.plural(), name);
  }

  public StatusException modified(String name) {
    return StatusException.modified(type.group(), type.plural(), name);
  }

  public StatusException conflict(String name, String why) {
    return StatusException.conflict(type.group(), type.plural(), name, why);
  }
}
