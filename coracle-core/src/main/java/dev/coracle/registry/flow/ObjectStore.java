package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Meta;
import dev.coracle.registry.cache.StoredJson;
import dev.coracle.registry.resource.Conversion;
import dev.coracle.registry.resource.Resource;
import dev.coracle.store.ConflictException;
import dev.coracle.store.KeyExistsException;
import dev.coracle.store.Store;
import dev.coracle.store.StoreFullException;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Objects in and out of the store and its caches, in the served version of a resource. The store
 * holds JSON in the stored version.
 */
public final class ObjectStore {

  /** The object changed since it was read. */
  public static final class Stale extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient @Nullable KubeObject current;

    Stale(@Nullable KubeObject current) {
      super("stale", null, false, false);
      this.current = current;
    }

    /** What is there now, or null when nothing is. */
    public @Nullable KubeObject current() {
      return current;
    }
  }

  /** There is an object of that name. */
  static final class Exists extends Exception {
    private static final long serialVersionUID = 1L;

    Exists() {
      super("exists", null, false, false);
    }
  }

  private final Store store;

  public ObjectStore(Store store) {
    this.store = store;
  }

  public Store store() {
    return store;
  }

  @Nullable KubeObject find(Resource resource, String namespace, String name) {
    KubeObject stored = resource.stored().snapshot().tree().get(namespace, name);
    if (stored == null) {
      return null;
    }
    if (!store.unreadable().isEmpty()) {
      String key = resource.key(namespace, name);
      String why = store.unreadable().get(key);
      if (why != null) {
        throw unreadable(key, why);
      }
    }
    return served(resource, stored);
  }

  /**
   * Refuses lists and watches with an object that cannot be read, as kube-apiserver does.
   *
   * @throws StatusException 500
   */
  void requireReadable(Resource resource, String namespace) {
    Map<String, String> unreadable = store.unreadable();
    if (unreadable.isEmpty()) {
      return;
    }
    resource.stored().snapshot();
    String prefix = resource.type().storePrefix() + (namespace.isEmpty() ? "" : namespace + "/");
    unreadable.forEach(
        (key, why) -> {
          if (key.startsWith(prefix)) {
            throw unreadable(key, why);
          }
        });
  }

  private static StatusException unreadable(String key, String why) {
    String spelled = key.startsWith("/registry/core/") ? "/registry/" + key.substring(15) : key;
    return StatusException.internal("unable to transform key \"" + spelled + "\": " + why);
  }

  public KubeObject get(Resource resource, String namespace, String name) {
    KubeObject object = find(resource, namespace, name);
    if (object == null) {
      throw resource.notFound(name);
    }
    return object;
  }

  /** An object as its cache holds it, in the version of the resource. */
  public static KubeObject served(Resource resource, KubeObject stored) {
    Conversion conversion = resource.conversion();
    return conversion == null ? stored : conversion.served(stored);
  }

  /** Whether the object is stored in a form in which it would not be stored now. */
  boolean isOutdated(Resource resource, KubeObject object) {
    if (store.isStale(resource.key(object.namespace(), object.name()))) {
      return true;
    }
    Conversion conversion = resource.conversion();
    if (conversion == null) {
      return false;
    }
    KubeObject stored = resource.stored().snapshot().tree().get(object.namespace(), object.name());
    return stored != null && conversion.isOutdated(stored);
  }

  KubeObject insert(Resource resource, String namespace, String name, ObjectNode object)
      throws Exists {
    resource.stored().seen();
    Store.Value value = value(resource, object);
    try {
      Store.Entry entry = withRoom(() -> store.create(resource.key(namespace, name), value));
      return written(resource, namespace, name, entry);
    } catch (KeyExistsException e) {
      throw new Exists();
    }
  }

  /**
   * @param expectedRevision the resourceVersion that the change was made from
   */
  public KubeObject replace(
      Resource resource, String namespace, String name, ObjectNode object, long expectedRevision)
      throws Stale {
    return replace(resource, namespace, name, value(resource, object), expectedRevision);
  }

  /**
   * As above.
   *
   * @param json as it is stored, but for the resourceVersion
   */
  KubeObject replace(
      Resource resource, String namespace, String name, byte[] json, long expectedRevision)
      throws Stale {
    return replace(resource, namespace, name, StoredJson.value(json), expectedRevision);
  }

  private KubeObject replace(
      Resource resource, String namespace, String name, Store.Value value, long expectedRevision)
      throws Stale {
    try {
      Store.Entry entry =
          withRoom(() -> store.update(resource.key(namespace, name), value, expectedRevision));
      return written(resource, namespace, name, entry);
    } catch (ConflictException e) {
      throw stale(resource, e);
    }
  }

  /** Removes the object; gives its last state, with the revision of its deletion. */
  KubeObject remove(Resource resource, KubeObject object, long expectedRevision) throws Stale {
    try {
      long revision =
          store.delete(resource.key(object.namespace(), object.name()), expectedRevision);
      return StoredJson.at(object, revision);
    } catch (ConflictException e) {
      throw stale(resource, e);
    }
  }

  /** What would be stored, of a tree that {@link #insert} and {@link #replace} take. */
  private static Store.Value value(Resource resource, ObjectNode object) {
    return StoredJson.value(json(resource, object));
  }

  /** What would be stored, without its resourceVersion. */
  static byte[] json(Resource resource, ObjectNode object) {
    Conversion conversion = resource.conversion();
    ObjectNode stored = conversion == null ? object : conversion.stored(object);
    Meta.canonical(stored);
    Meta.of(stored).remove("resourceVersion");
    return Json.write(Json.canonicalOrder(stored));
  }

  private static KubeObject written(
      Resource resource, String namespace, String name, Store.Entry entry) {
    KubeObject cached = resource.stored().seen().tree().get(namespace, name);
    KubeObject stored =
        cached != null && cached.resourceVersion() == entry.modRevision()
            ? cached
            : StoredJson.object(entry);
    return served(resource, stored);
  }

  private static Stale stale(Resource resource, ConflictException conflict) {
    Store.Entry entry = conflict.entry();
    return new Stale(entry == null ? null : served(resource, StoredJson.object(entry)));
  }

  private static <T> T withRoom(Supplier<T> write) {
    try {
      return write.get();
    } catch (StoreFullException e) {
      throw StatusException.insufficientStorage(
          "the store has no room for another write: " + e.getMessage());
    }
  }
}
