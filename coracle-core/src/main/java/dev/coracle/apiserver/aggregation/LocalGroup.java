package dev.coracle.apiserver.aggregation;

import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.registry.ResourceType;
import java.util.List;

/**
 * A group and version that this process answers from what it knows at that moment: aggregated like
 * an extension server's, but neither stored nor passed on. Its resources can be got and listed.
 */
public interface LocalGroup {

  String group();

  String version();

  List<ResourceType> types();

  /**
   * @throws dev.coracle.api.StatusException 404 when there is no such object
   */
  KubeObject get(ResourceType type, String namespace, String name);

  /**
   * @param namespace empty for all
   * @param options of which the selectors count
   */
  List<KubeObject> list(ResourceType type, String namespace, ListOptions options);
}
