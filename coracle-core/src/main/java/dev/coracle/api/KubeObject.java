package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes object as it is stored, cached and sent: immutable UTF-8 JSON, with an index of the
 * few fields that the server itself needs. GET, LIST and WATCH write {@link #json()} straight out;
 * a tree exists only while somebody processes the object.
 *
 * <p>Thread-safe. Two threads that ask for {@link #tree()} may each parse; they get equal trees.
 */
public final class KubeObject {

  private final byte[] json;
  private final MetaIndex meta;
  private final String name;
  private final long resourceVersion;
  private final int metadataEnd;
  private final char uidAt;
  private final char creationTimestampAt;
  private volatile java.lang.ref.@Nullable SoftReference<ObjectNode> tree;

  private KubeObject(MetaIndex.Reader read, byte[] json, String name) {
    this.json = json;
    this.meta = read.index();
    this.name = name;
    this.resourceVersion = read.resourceVersion;
    this.metadataEnd = read.metadataEnd;
    this.uidAt = read.uidAt;
    this.creationTimestampAt = read.creationTimestampAt;
  }

  /**
   * Takes JSON that is known to be one object and reads its index in one streaming pass.
   *
   * @param json UTF-8; owned by the new object from here on
   * @throws IllegalArgumentException when it is not one JSON object
   */
  public static KubeObject of(byte[] json) {
    MetaIndex.Reader read = MetaIndex.read(json);
    return new KubeObject(read, json, read.name);
  }

  /**
   * As {@link #of(byte[])}.
   *
   * @param name the object's probable name: when it is, the object shares this string
   */
  public static KubeObject of(byte[] json, String name) {
    MetaIndex.Reader read = MetaIndex.read(json);
    return new KubeObject(read, json, read.name.equals(name) ? name : read.name);
  }

  /** Writes a tree (kind, apiVersion and metadata first, as Kubernetes does) and indexes it. */
  public static KubeObject of(ObjectNode tree) {
    return of(Json.write(Json.canonicalOrder(tree)));
  }

  /** The whole object, compact UTF-8 JSON. The caller must not change it. */
  public byte[] json() {
    return json;
  }

  /**
   * Where in {@link #json()} the value of {@code metadata} begins; of use when {@link
   * #metadataEnd()} is not 0.
   */
  public int metadataAt() {
    return MetaIndex.metadataAt(meta.kind, meta.apiVersion);
  }

  /**
   * Behind the last byte of {@code metadata} in {@link #json()}; 0 when the object does not begin
   * with kind, apiVersion and metadata.
   */
  public int metadataEnd() {
    return metadataEnd;
  }

  /**
   * The object as a tree, parsed at the first call and kept while memory lasts. The caller must not
   * change it: take {@link #mutableTree()} for that.
   */
  public ObjectNode tree() {
    java.lang.ref.SoftReference<ObjectNode> reference = tree;
    ObjectNode known = reference == null ? null : reference.get();
    if (known == null) {
      known = Json.readObject(json);
      tree = new java.lang.ref.SoftReference<>(known);
    }
    return known;
  }

  /** A tree of the caller's own. */
  public ObjectNode mutableTree() {
    return Json.readObject(json);
  }

  /**
   * The value at a path of plain field names such as {@code spec}, {@code nodeName}; a missing node
   * if absent.
   */
  public JsonNode at(String... path) {
    JsonNode node = tree();
    for (String step : path) {
      node = node.path(step);
    }
    return node;
  }

  /** The string at a path, or the empty string. */
  public String text(String... path) {
    return at(path).asText("");
  }

  public String apiVersion() {
    return meta.apiVersion;
  }

  public String kind() {
    return meta.kind;
  }

  public GroupVersionKind gvk() {
    return GroupVersionKind.of(meta.apiVersion, meta.kind);
  }

  /** Empty for a cluster-scoped object. */
  public String namespace() {
    return meta.namespace;
  }

  public String name() {
    return name;
  }

  /** {@code namespace/name}, or only the name when there is no namespace. */
  public String key() {
    return meta.namespace.isEmpty() ? name : meta.namespace + "/" + name;
  }

  public String uid() {
    return MetaIndex.text(json, uidAt, "uid");
  }

  /** 0 when it has none yet. */
  public long resourceVersion() {
    return resourceVersion;
  }

  public long generation() {
    return meta.generation;
  }

  /** RFC 3339; empty when it has none. */
  public String creationTimestamp() {
    return MetaIndex.text(json, creationTimestampAt, "creationTimestamp");
  }

  /** RFC 3339; null while nobody has asked for deletion. */
  public @Nullable String deletionTimestamp() {
    return meta.deletionTimestamp;
  }

  public boolean isDeleting() {
    return meta.deletionTimestamp != null;
  }

  public Map<String, String> labels() {
    return meta.labels;
  }

  public List<String> finalizers() {
    return meta.finalizers;
  }

  public List<OwnerReference> ownerReferences() {
    return meta.ownerReferences;
  }

  /** The owner that manages this object, or null. */
  public @Nullable OwnerReference controllerRef() {
    for (OwnerReference owner : meta.ownerReferences) {
      if (owner.controller()) {
        return owner;
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return meta.kind + " " + key() + "@" + resourceVersion;
  }
}
