package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.client.storage.Volumes;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.StorageView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A node has no more volumes of a CSI driver than its CSINode allows. */
public final class NodeVolumeLimits implements FilterPlugin {

  @Override
  public String name() {
    return "NodeVolumeLimits";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    StorageView storage = cluster.storage();
    Map<String, Set<String>> wanted = new HashMap<>();
    add(pod, storage, wanted);
    if (wanted.isEmpty()) {
      return null;
    }
    return node -> {
      KubeObject csiNode = storage.csiNode(node.name());
      if (csiNode == null) {
        return null;
      }
      for (JsonNode driver : csiNode.at("spec", "drivers")) {
        Set<String> volumes = wanted.get(driver.path("name").asText());
        JsonNode limit = driver.path("allocatable").path("count");
        if (volumes != null
            && limit.isNumber()
            && exceeds(volumes, driver.path("name").asText(), limit.asInt(), node, storage)) {
          return Rejection.resolvable("node(s) exceed max volume count");
        }
      }
      return null;
    };
  }

  private static boolean exceeds(
      Set<String> wanted, String driver, int limit, NodeInfo node, StorageView storage) {
    Map<String, Set<String>> there = new HashMap<>();
    node.pods().forEach(other -> add(other, storage, there));
    Set<String> known = there.getOrDefault(driver, Set.of());
    Set<String> all = new HashSet<>(known);
    all.addAll(wanted);
    return all.size() > known.size() && all.size() > limit;
  }

  /** The volumes of a Pod by driver; one that is still to be made counts by its claim. */
  private static void add(PodInfo pod, StorageView storage, Map<String, Set<String>> volumes) {
    for (PodClaims.Use use : pod.claims()) {
      KubeObject claim = storage.claim(pod.namespace(), use.name());
      if (claim == null) {
        continue;
      }
      String name = claim.text("spec", "volumeName");
      KubeObject volume = name.isEmpty() ? null : storage.volume(name);
      String driver;
      String handle;
      if (volume != null) {
        driver = volume.text("spec", "csi", "driver");
        handle = volume.text("spec", "csi", "volumeHandle");
      } else {
        KubeObject storageClass = storage.storageClass(Volumes.storageClass(claim));
        driver = storageClass == null ? "" : storageClass.text("provisioner");
        handle = claim.key();
      }
      if (!driver.isEmpty()) {
        volumes.computeIfAbsent(driver, key -> new HashSet<>()).add(handle);
      }
    }
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.CSI_NODE_CHANGED
        || event == ClusterEvent.ASSIGNED_POD_DELETED
        || event == ClusterEvent.CLAIM_CHANGED
        || event == ClusterEvent.NODE_ADDED;
  }
}
