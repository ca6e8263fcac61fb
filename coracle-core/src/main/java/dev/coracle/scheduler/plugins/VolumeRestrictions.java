package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What only one may use at a time: claims of mode ReadWriteOncePod, and disks that a Pod names
 * itself.
 */
public final class VolumeRestrictions implements FilterPlugin {

  @Override
  public String name() {
    return "VolumeRestrictions";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) {
    Set<String> alone = new HashSet<>();
    for (PodClaims.Use use : pod.claims()) {
      KubeObject claim = cluster.storage().claim(pod.namespace(), use.name());
      if (claim != null && isForOnePod(claim)) {
        alone.add(use.name());
      }
    }
    boolean disks = hasDisks(pod);
    if (alone.isEmpty() && !disks) {
      return null;
    }
    boolean taken = !alone.isEmpty() && isTaken(pod, alone, cluster);
    return node -> {
      if (disks && conflicts(pod, node)) {
        return Rejection.resolvable("node(s) had no available disk");
      }
      return taken
          ? Rejection.resolvable(
              "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
                  + " access mode")
          : null;
    };
  }

  private static boolean isForOnePod(KubeObject claim) {
    for (JsonNode mode : claim.at("spec", "accessModes")) {
      if (mode.asText().equals("ReadWriteOncePod")) {
        return true;
      }
    }
    return false;
  }

  private static boolean isTaken(PodInfo pod, Set<String> claims, ClusterView cluster) {
    for (NodeInfo node : cluster.nodes()) {
      for (PodInfo other : node.pods()) {
        if (!other.namespace().equals(pod.namespace()) || other.uid().equals(pod.uid())) {
          continue;
        }
        for (PodClaims.Use use : other.claims()) {
          if (claims.contains(use.name())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean hasDisks(PodInfo pod) {
    for (JsonNode volume : pod.spec().path("volumes")) {
      for (String kind : List.of("gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd")) {
        if (volume.path(kind).isObject()) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean conflicts(PodInfo pod, NodeInfo node) {
    for (PodInfo other : node.pods()) {
      for (JsonNode mine : pod.spec().path("volumes")) {
        for (JsonNode its : other.spec().path("volumes")) {
          if (conflict(mine, its)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** The same disk; two that only read it get on, except with EBS. */
  private static boolean conflict(JsonNode one, JsonNode other) {
    return same(one, other, "gcePersistentDisk", "pdName")
            && !bothRead(one, other, "gcePersistentDisk")
        || same(one, other, "awsElasticBlockStore", "volumeID")
        || same(one, other, "iscsi", "iqn") && !bothRead(one, other, "iscsi")
        || same(one, other, "rbd", "image")
            && pool(one).equals(pool(other))
            && shareMonitors(one.path("rbd"), other.path("rbd"))
            && !bothRead(one, other, "rbd");
  }

  private static boolean same(JsonNode one, JsonNode other, String kind, String field) {
    return one.path(kind).isObject()
        && other.path(kind).isObject()
        && one.path(kind).path(field).equals(other.path(kind).path(field));
  }

  private static boolean bothRead(JsonNode one, JsonNode other, String kind) {
    return one.path(kind).path("readOnly").asBoolean()
        && other.path(kind).path("readOnly").asBoolean();
  }

  private static String pool(JsonNode volume) {
    return volume.path("rbd").path("pool").asText("rbd");
  }

  private static boolean shareMonitors(JsonNode one, JsonNode other) {
    for (JsonNode monitor : one.path("monitors")) {
      for (JsonNode candidate : other.path("monitors")) {
        if (monitor.equals(candidate)) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return event == ClusterEvent.ASSIGNED_POD_DELETED
        || event == ClusterEvent.CLAIM_CHANGED
        || event == ClusterEvent.NODE_ADDED;
  }
}
