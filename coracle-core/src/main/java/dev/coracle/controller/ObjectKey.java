package dev.coracle.controller;

import dev.coracle.api.KubeObject;
import org.jspecify.annotations.Nullable;

/**
 * The name of an object of a known resource.
 *
 * @param namespace empty for a cluster-scoped object
 */
public record ObjectKey(String namespace, String name) {

  // Written out, as that of GroupVersionResource is.
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof ObjectKey that
            && name.equals(that.name)
            && namespace.equals(that.namespace));
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + namespace.hashCode();
  }

  public static ObjectKey of(KubeObject object) {
    return new ObjectKey(object.namespace(), object.name());
  }

  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
