package dev.coracle.registry.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

/** Between a served version of a resource and what is stored of it. */
public interface Conversion {

  /**
   * A stored object in the served version; the very same when there is nothing to do.
   *
   * @throws dev.coracle.api.StatusException when it cannot be converted
   */
  KubeObject served(KubeObject stored);

  /** As {@link #served(KubeObject)}, for many: in the same order. */
  default List<KubeObject> served(List<KubeObject> stored) {
    List<KubeObject> served = new ArrayList<>(stored.size());
    stored.forEach(object -> served.add(served(object)));
    return served;
  }

  /**
   * What is stored of an object in the served version: the very same tree, or one of its own.
   *
   * @throws dev.coracle.api.StatusException when it cannot be converted
   */
  ObjectNode stored(ObjectNode served);

  /** Whether others are asked, which takes time: then many objects are best converted at once. */
  default boolean isSlow() {
    return false;
  }

  /** Whether a write would store the object in another form even if it changed nothing. */
  default boolean isOutdated(KubeObject stored) {
    return false;
  }
}
