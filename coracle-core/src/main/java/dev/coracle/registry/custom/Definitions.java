package dev.coracle.registry.custom;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.UserInfo;
import dev.coracle.api.WriteOptions;
import dev.coracle.registry.RequestContext;
import dev.coracle.registry.cache.WatchCache;
import dev.coracle.registry.flow.UpdateFlow;
import dev.coracle.registry.resource.Resources;

/** The CRDs as the server itself reads and writes them. */
final class Definitions {

  /** Who writes. */
  static final RequestContext SERVER =
      RequestContext.of(UserInfo.of("system:apiserver", "system:masters"), "coracle");

  private static final GroupVersionResource DEFINITIONS =
      GroupVersionResource.of("apiextensions.k8s.io", "v1", "customresourcedefinitions");

  private final Resources resources;
  private final UpdateFlow updating;

  Definitions(Resources resources, UpdateFlow updating) {
    this.resources = resources;
    this.updating = updating;
  }

  WatchCache stored() {
    return resources.of(DEFINITIONS).stored();
  }

  /**
   * @param subresource empty for the CRD itself
   */
  void update(String name, String subresource, UpdateFlow.Change change) {
    var unused =
        updating.update(
            SERVER, resources.of(DEFINITIONS), "", name, subresource, change, WriteOptions.NONE);
  }
}
