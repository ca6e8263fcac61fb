package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.ClusterEvent;
import dev.coracle.scheduler.ClusterView;
import dev.coracle.scheduler.FilterPlugin;
import dev.coracle.scheduler.PodInfo;
import org.jspecify.annotations.Nullable;

/** A Pod waits until its volume claims are there and bound. */
public final class VolumeClaims implements FilterPlugin {

  @Override
  public String name() {
    return "VolumeBinding";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) throws Unschedulable {
    for (JsonNode volume : pod.spec().path("volumes")) {
      String name = volume.path("persistentVolumeClaim").path("claimName").asText("");
      if (volume.path("ephemeral").isObject()) {
        name = pod.pod().name() + "-" + volume.path("name").asText();
      }
      if (name.isEmpty()) {
        continue;
      }
      KubeObject claim = cluster.claim(pod.pod().namespace(), name);
      if (claim == null) {
        throw new Unschedulable("persistentvolumeclaim \"" + name + "\" not found");
      }
      if (claim.isDeleting()) {
        throw new Unschedulable("persistentvolumeclaim \"" + name + "\" is being deleted");
      }
      if (claim.text("spec", "volumeName").isEmpty()) {
        throw new Unschedulable("pod has unbound immediate PersistentVolumeClaims");
      }
    }
    return null;
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.CLAIM_CHANGED;
  }
}
