package dev.coracle.registry.resource;

import dev.coracle.registry.ResourceType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where an object has what a Scale shows. */
public record ScalePaths(String[] specReplicas, String[] statusReplicas, String[] selector) {

  private static final ScalePaths BUILT_IN =
      new ScalePaths(
          new String[] {"spec", "replicas"},
          new String[] {"status", "replicas"},
          new String[] {"spec", "selector"});

  /** Those of the custom resources of a registry. */
  public static final class Known {
    private final Map<ResourceType, ScalePaths> custom = new ConcurrentHashMap<>();

    public ScalePaths of(ResourceType type) {
      return type.custom() ? custom.getOrDefault(type, BUILT_IN) : BUILT_IN;
    }

    public void define(ResourceType type, ScalePaths paths) {
      custom.put(type, paths);
    }

    public void forget(ResourceType type) {
      custom.remove(type);
    }
  }

  /** From the JSON paths of a CRD, such as {@code .spec.replicas}. */
  public static ScalePaths of(String specReplicas, String statusReplicas, String selector) {
    return new ScalePaths(steps(specReplicas), steps(statusReplicas), steps(selector));
  }

  private static String[] steps(String path) {
    String plain = path.startsWith(".") ? path.substring(1) : path;
    return plain.isEmpty() ? new String[] {"\0"} : plain.split("\\.", -1);
  }
}
