package dev.coracle.controller.namespace;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is left of a resource in a namespace.
 *
 * @param resource the plural, with its group after a dot
 * @param finalizers how many of the objects wait for each finalizer
 */
record Remaining(String resource, int count, Map<String, Integer> finalizers) {

  static Remaining of(GroupVersionResource resource, List<KubeObject> objects) {
    Map<String, Integer> finalizers = new TreeMap<>();
    for (KubeObject object : objects) {
      object.finalizers().forEach(name -> finalizers.merge(name, 1, Integer::sum));
    }
    return new Remaining(resource.resource() + "." + resource.group(), objects.size(), finalizers);
  }
}
