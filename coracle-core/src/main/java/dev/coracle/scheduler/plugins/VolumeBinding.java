package dev.coracle.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.StorageClasses;
import dev.coracle.client.storage.Volumes;
import dev.coracle.scheduler.framework.ClusterEvent;
import dev.coracle.scheduler.framework.ClusterView;
import dev.coracle.scheduler.framework.FilterPlugin;
import dev.coracle.scheduler.framework.NodeInfo;
import dev.coracle.scheduler.framework.PodInfo;
import dev.coracle.scheduler.framework.StorageView;
import dev.coracle.scheduler.framework.VolumePlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Pod's claims are bound to volumes that its node reaches, or can be: by a volume that is there,
 * or one that is made for the node.
 */
public final class VolumeBinding implements FilterPlugin {

  private static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";

  /**
   * A Pod's claims.
   *
   * @param bound to volumes
   * @param waiting for the Pod's node
   */
  private record Claims(List<KubeObject> bound, List<KubeObject> waiting) {}

  /**
   * @param reasons why not; empty when it can be
   */
  private record Outcome(List<String> reasons, VolumePlan plan) {}

  @Override
  public String name() {
    return "VolumeBinding";
  }

  @Override
  public @Nullable NodeFilter prepare(PodInfo pod, ClusterView cluster) throws Unschedulable {
    StorageView storage = cluster.storage();
    Claims claims = claims(pod, storage);
    if (claims == null) {
      return null;
    }
    return node -> {
      List<String> reasons = look(claims, node, storage).reasons();
      return reasons.isEmpty() ? null : new Rejection(reasons, false);
    };
  }

  @Override
  public boolean helps(ClusterEvent event) {
    return switch (event) {
      case CLAIM_CHANGED,
          VOLUME_CHANGED,
          STORAGE_CLASS_CHANGED,
          CSI_NODE_CHANGED,
          NODE_ADDED,
          NODE_LABELS ->
          true;
      case NODE_TAINTS,
          NODE_ALLOCATABLE,
          ASSIGNED_POD_ADDED,
          ASSIGNED_POD_LABELS,
          ASSIGNED_POD_SCALED_DOWN,
          ASSIGNED_POD_DELETED,
          POD_CHANGED,
          TIMEOUT ->
          false;
    };
  }

  /** What is to be done for a Pod on a node that passed. */
  public static VolumePlan plan(PodInfo pod, NodeInfo node, StorageView storage) {
    try {
      Claims claims = claims(pod, storage);
      return claims == null ? VolumePlan.NOTHING : look(claims, node, storage).plan();
    } catch (Unschedulable e) {
      return VolumePlan.NOTHING;
    }
  }

  /**
   * @return null when the Pod has no claims
   */
  private static @Nullable Claims claims(PodInfo info, StorageView storage) throws Unschedulable {
    KubeObject pod = info.pod();
    List<PodClaims.Use> uses = info.claims();
    if (uses.isEmpty()) {
      return null;
    }
    Claims claims = new Claims(new ArrayList<>(), new ArrayList<>());
    boolean immediate = false;
    for (PodClaims.Use use : uses) {
      KubeObject claim = storage.claim(pod.namespace(), use.name());
      check(pod, use, claim);
      if (claim == null) {
        continue;
      }
      if (Volumes.isBound(claim)) {
        claims.bound().add(claim);
      } else if (claim.text("spec", "volumeName").isEmpty()
          && StorageClasses.delaysBinding(claim, storage::storageClass)) {
        claims.waiting().add(claim);
      } else {
        immediate = true;
      }
    }
    if (immediate) {
      throw new Unschedulable("pod has unbound immediate PersistentVolumeClaims");
    }
    return claims;
  }

  private static void check(KubeObject pod, PodClaims.Use use, @Nullable KubeObject claim)
      throws Unschedulable {
    String quoted = "persistentvolumeclaim \"" + use.name() + "\"";
    if (claim == null) {
      throw new Unschedulable(
          use.ephemeral()
              ? "waiting for ephemeral volume controller to create the " + quoted
              : quoted + " not found");
    }
    if (claim.text("status", "phase").equals("Lost")) {
      throw new Unschedulable(
          quoted
              + " bound to non-existent persistentvolume \""
              + claim.text("spec", "volumeName")
              + "\"");
    }
    if (claim.isDeleting()) {
      throw new Unschedulable(quoted + " is being deleted");
    }
    if (use.ephemeral() && !PodClaims.isOf(claim, pod)) {
      throw new Unschedulable(PodClaims.notOf(claim, pod));
    }
  }

  private static Outcome look(Claims claims, NodeInfo info, StorageView storage) {
    Volumes.OnNode node = new Volumes.OnNode(info.name(), info.labels());
    Set<String> reasons = new LinkedHashSet<>();
    for (KubeObject claim : claims.bound()) {
      KubeObject volume = storage.volume(claim.text("spec", "volumeName"));
      if (volume == null) {
        reasons.add("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
      } else if (!Volumes.reaches(volume, node)) {
        reasons.add("node(s) didn't match PersistentVolume's node affinity");
      }
    }
    VolumePlan plan = find(claims.waiting(), node, storage);
    if (plan == null) {
      reasons.add("node(s) didn't find available persistent volumes to bind");
    }
    return new Outcome(List.copyOf(reasons), plan == null ? VolumePlan.NOTHING : plan);
  }

  /**
   * @return null when not all claims can get a volume on the node
   */
  private static @Nullable VolumePlan find(
      List<KubeObject> waiting, Volumes.OnNode node, StorageView storage) {
    if (waiting.isEmpty()) {
      return VolumePlan.NOTHING;
    }
    List<KubeObject> sorted = new ArrayList<>(waiting);
    sorted.sort(Comparator.comparing(Volumes::requested));
    List<VolumePlan.Match> matches = new ArrayList<>();
    List<KubeObject> toProvision = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (KubeObject claim : sorted) {
      String selected = StorageAnnotations.get(claim, StorageAnnotations.SELECTED_NODE);
      if (!selected.isEmpty() && !selected.equals(node.name())) {
        return null;
      }
      KubeObject volume =
          selected.isEmpty() ? Volumes.find(claim, storage.volumes(), node, taken) : null;
      if (volume != null) {
        taken.add(volume.name());
        matches.add(new VolumePlan.Match(claim, volume));
      } else if (canProvision(claim, node, storage)) {
        toProvision.add(claim);
      } else {
        return null;
      }
    }
    return new VolumePlan(matches, toProvision);
  }

  private static boolean canProvision(KubeObject claim, Volumes.OnNode node, StorageView storage) {
    KubeObject storageClass = storage.storageClass(Volumes.storageClass(claim));
    if (storageClass == null) {
      return false;
    }
    String provisioner = storageClass.text("provisioner");
    return !provisioner.isEmpty()
        && !provisioner.equals(NO_PROVISIONER)
        && allows(storageClass.at("allowedTopologies"), node.labels());
  }

  private static boolean allows(JsonNode topologies, Map<String, String> labels) {
    if (topologies.isEmpty()) {
      return true;
    }
    for (JsonNode term : topologies) {
      JsonNode expressions = term.path("matchLabelExpressions");
      boolean all = !expressions.isEmpty();
      for (JsonNode expression : expressions) {
        String value = labels.get(expression.path("key").asText());
        boolean one = false;
        for (JsonNode allowed : expression.path("values")) {
          one |= allowed.asText().equals(value);
        }
        all &= one;
      }
      if (all) {
        return true;
      }
    }
    return false;
  }
}
