package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;

/** Which objects a list or a watch is about, by their labels and fields. */
@FunctionalInterface
public interface Selection {

  Selection ALL = (object, fields) -> true;

  boolean matches(KubeObject object, ObjectFields fields);

  default boolean matches(KubeObject object) {
    return matches(object, new ObjectFields(object));
  }
}
