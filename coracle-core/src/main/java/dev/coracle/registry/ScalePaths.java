package dev.coracle.registry;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where an object has what a Scale shows. */
record ScalePaths(String[] specReplicas, String[] statusReplicas, String[] selector) {

  private static final ScalePaths BUILT_IN =
      new ScalePaths(
          new String[] {"spec", "replicas"},
          new String[] {"status", "replicas"},
          new String[] {"spec", "selector"});

  private static final Map<String, ScalePaths> CUSTOM = new ConcurrentHashMap<>();

  static ScalePaths of(ResourceType type) {
    if (!type.custom()) {
      return BUILT_IN;
    }
    return CUSTOM.getOrDefault(type.group() + "/" + type.version() + "/" + type.plural(), BUILT_IN);
  }
}
