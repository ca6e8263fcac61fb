package dev.coracle.scheduler.plugins;

import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.PodInfo;
import org.jspecify.annotations.Nullable;

/**
 * A Pod with resource claims waits for devices. No node here has any: there are no drivers that
 * would publish them, so such a Pod fits nowhere, rather than running without its devices.
 */
public final class DynamicResources implements FilterPlugin {

  @Override
  public String name() {
    return "DynamicResources";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    if (pod.spec().path("resourceClaims").isEmpty()) {
      return null;
    }
    return node -> Rejection.unresolvable("cannot allocate all claims");
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.POD_CHANGED;
  }
}
