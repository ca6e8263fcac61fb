package dev.coracle.registry.custom;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.registry.Meta;
import dev.coracle.registry.ObjectSchemas;
import dev.coracle.registry.ResourceType;
import dev.coracle.registry.resource.Conversion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A served version of a custom resource over what is stored: an object that was stored under
 * another schema is pruned and gets the defaults of the version in which it is stored, and then is
 * converted, by a webhook or by its apiVersion alone.
 */
final class CustomConversion implements Conversion {

  private final ResourceType type;
  private final ObjectSchemas schemas;
  private final long currentAfter;
  private final @Nullable ConversionReview review;
  private final Supplier<String> uids;

  /** Objects of an older schema, with what became of them: nothing, or another object. */
  private final Map<KubeObject, Optional<KubeObject>> renewed =
      Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * @param currentAfter the revision since which everything was stored under the schema of today
   * @param review null when versions differ in nothing but apiVersion
   */
  CustomConversion(
      ResourceType type,
      ObjectSchemas schemas,
      long currentAfter,
      @Nullable ConversionReview review,
      Supplier<String> uids) {
    this.type = type;
    this.schemas = schemas;
    this.currentAfter = currentAfter;
    this.review = review;
    this.uids = uids;
  }

  private String apiVersion() {
    return type.gvk().apiVersion();
  }

  private String storedApiVersion() {
    return type.group() + "/" + type.storageVersion();
  }

  @Override
  public KubeObject served(KubeObject stored) {
    KubeObject current = renewed(stored);
    return current.apiVersion().equals(apiVersion())
        ? current
        : converted(List.of(current)).getFirst();
  }

  @Override
  public List<KubeObject> served(List<KubeObject> stored) {
    List<KubeObject> all = new ArrayList<>(stored.size());
    List<KubeObject> others = new ArrayList<>();
    for (KubeObject object : stored) {
      KubeObject current = renewed(object);
      all.add(current);
      if (!current.apiVersion().equals(apiVersion())) {
        others.add(current);
      }
    }
    if (others.isEmpty()) {
      return all;
    }
    int next = 0;
    List<KubeObject> converted = converted(others);
    for (int i = 0; i < all.size(); i++) {
      if (!all.get(i).apiVersion().equals(apiVersion())) {
        all.set(i, converted.get(next++));
      }
    }
    return all;
  }

  private List<KubeObject> converted(List<KubeObject> objects) {
    List<ObjectNode> trees = new ArrayList<>(objects.size());
    objects.forEach(object -> trees.add(object.mutableTree()));
    List<KubeObject> converted = new ArrayList<>(objects.size());
    for (ObjectNode tree : convert(trees, apiVersion())) {
      Meta.canonical(tree);
      converted.add(KubeObject.of(tree));
    }
    return converted;
  }

  private List<ObjectNode> convert(List<ObjectNode> trees, String wanted) {
    if (review == null) {
      trees.forEach(tree -> tree.put("apiVersion", wanted));
      return trees;
    }
    String version = wanted.substring(wanted.indexOf('/') + 1);
    List<ObjectNode> pruned = new ArrayList<>(trees.size());
    for (ObjectNode tree : review.convert(trees, wanted, uids.get())) {
      pruned.add(schemas.prune(type.inVersion(version), tree));
    }
    return pruned;
  }

  @Override
  public ObjectNode stored(ObjectNode served) {
    return Meta.text(served, "apiVersion").equals(storedApiVersion())
        ? served
        : convert(List.of(served.deepCopy()), storedApiVersion()).getFirst();
  }

  /** An object, in whichever version it is, in this one. */
  ObjectNode inThisVersion(ObjectNode object) {
    return Meta.text(object, "apiVersion").equals(apiVersion())
        ? object
        : convert(List.of(object), apiVersion()).getFirst();
  }

  @Override
  public boolean isSlow() {
    return review != null;
  }

  @Override
  public boolean isOutdated(KubeObject stored) {
    return !stored.apiVersion().equals(storedApiVersion()) || renewed(stored) != stored;
  }

  /** The object as the schema of today reads it. */
  private KubeObject renewed(KubeObject stored) {
    if (stored.resourceVersion() > currentAfter) {
      return stored;
    }
    Optional<KubeObject> known = renewed.get(stored);
    if (known == null) {
      known = renew(stored);
      renewed.put(stored, known);
    }
    return known.orElse(stored);
  }

  private Optional<KubeObject> renew(KubeObject stored) {
    ResourceType version = type.inVersion(stored.gvk().version());
    ObjectNode tree = schemas.prune(version, stored.mutableTree());
    schemas.applyDefaults(version, tree);
    if (tree.equals(stored.tree())) {
      return Optional.empty();
    }
    Meta.canonical(tree);
    return Optional.of(KubeObject.of(tree));
  }
}
