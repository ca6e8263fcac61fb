package dev.coracle.scheduler.plugins;

import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Pod stays in the zone and region that its volumes' labels name. */
public final class VolumeZone implements FilterPlugin {

  private static final Map<String, String> TODAY =
      Map.of(
          "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone",
          "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region",
          "topology.kubernetes.io/zone", "topology.kubernetes.io/zone",
          "topology.kubernetes.io/region", "topology.kubernetes.io/region");

  /** One label of a volume, whose value may name several places. */
  private record Place(String label, Set<String> values) {}

  @Override
  public String name() {
    return "VolumeZone";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    List<Place> places = new ArrayList<>();
    for (PodClaims.Use use : pod.claims()) {
      KubeObject claim = cluster.storage().claim(pod.namespace(), use.name());
      String name = claim == null ? "" : claim.text("spec", "volumeName");
      KubeObject volume = name.isEmpty() ? null : cluster.storage().volume(name);
      if (volume == null) {
        continue;
      }
      for (String label : TODAY.keySet()) {
        String value = volume.labels().get(label);
        if (value != null) {
          places.add(new Place(label, new HashSet<>(List.of(value.split("__", -1)))));
        }
      }
    }
    if (places.isEmpty()) {
      return null;
    }
    return node -> {
      Map<String, String> labels = node.labels();
      if (TODAY.keySet().stream().noneMatch(labels::containsKey)) {
        return null;
      }
      for (Place place : places) {
        String value = labels.get(place.label());
        if (value == null) {
          value = labels.get(TODAY.get(place.label()));
        }
        if (value == null || !place.values().contains(value)) {
          return Rejection.unresolvable("node(s) had no available volume zone");
        }
      }
      return null;
    };
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.CLAIM_CHANGED
        || event == ClusterEvent.VOLUME_CHANGED
        || event == ClusterEvent.STORAGE_CLASS_CHANGED
        || event == ClusterEvent.NODE_ADDED
        || event == ClusterEvent.NODE_LABELS;
  }
}
