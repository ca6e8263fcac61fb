package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.controller.Owners;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A StatefulSet's claims: their names, how they are made, and who owns them, which is how the
 * garbage collector carries out {@code persistentVolumeClaimRetentionPolicy} (KEP-1847): nobody,
 * the set, or, once an ordinal is not wanted any more, its Pod. Pure.
 */
final class StatefulClaims {

  private StatefulClaims() {}

  static String name(KubeObject set, String volume, int ordinal) {
    return volume + "-" + set.name() + "-" + ordinal;
  }

  /** The names of an ordinal's claims. */
  static List<String> names(KubeObject set, int ordinal) {
    List<String> names = new ArrayList<>();
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      names.add(name(set, template.path("metadata").path("name").asText(), ordinal));
    }
    return names;
  }

  /** The claims of an ordinal, as they are created. */
  static List<ObjectNode> make(KubeObject set, int ordinal) {
    List<ObjectNode> claims = new ArrayList<>();
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      ObjectNode claim = template.deepCopy();
      claim.put("kind", "PersistentVolumeClaim").put("apiVersion", "v1");
      claim.remove("status");
      ObjectNode metadata = claim.withObject("/metadata");
      metadata.put("name", name(set, template.path("metadata").path("name").asText(), ordinal));
      metadata.put("namespace", set.namespace());
      ObjectNode labels = metadata.withObject("/labels");
      set.at("spec", "selector", "matchLabels")
          .properties()
          .forEach(entry -> labels.set(entry.getKey(), entry.getValue()));
      if (isOwnedBySet(set, ordinal)) {
        metadata.putArray("ownerReferences").add(Owners.controllerRef(set));
      }
      claims.add(claim);
    }
    return claims;
  }

  /**
   * @param when {@code whenDeleted} or {@code whenScaled}
   */
  private static boolean deletes(KubeObject set, String when) {
    return set.at("spec", "persistentVolumeClaimRetentionPolicy")
        .path(when)
        .asText()
        .equals("Delete");
  }

  private static boolean isOwnedBySet(KubeObject set, int ordinal) {
    return deletes(set, "whenDeleted")
        && (!deletes(set, "whenScaled") || StatefulPods.isWanted(set, ordinal));
  }

  private static boolean isOwnedByPod(KubeObject set, int ordinal) {
    return deletes(set, "whenScaled") && !StatefulPods.isWanted(set, ordinal);
  }

  /**
   * Whether a claim is still a former Pod's of the name: it is about to be deleted with that, and a
   * new Pod must not start with it.
   */
  static boolean isStale(KubeObject set, KubeObject claim, String podName, String podUid) {
    return deletes(set, "whenScaled") && isOfFormer(claim, "v1", "Pod", podName, podUid);
  }

  private static boolean isOfFormer(
      KubeObject claim, String apiVersion, String kind, String name, String uid) {
    for (OwnerReference reference : claim.ownerReferences()) {
      if (isTo(reference, apiVersion, kind, name)) {
        return !reference.uid().equals(uid);
      }
    }
    return false;
  }

  private static boolean isTo(
      OwnerReference reference, String apiVersion, String kind, String name) {
    return reference.apiVersion().equals(apiVersion)
        && reference.kind().equals(kind)
        && reference.name().equals(name);
  }

  /**
   * The owners that the retention policy wants for a claim of a Pod.
   *
   * @return null when it has them, or when a former set or Pod of the same name still owns it
   */
  static @Nullable ArrayNode owners(KubeObject set, KubeObject pod, KubeObject claim) {
    if (isOfFormer(claim, set.apiVersion(), set.kind(), set.name(), set.uid())
        || isOfFormer(claim, "v1", "Pod", pod.name(), pod.uid())) {
      return null;
    }
    int ordinal = StatefulPods.ordinal(set, pod);
    boolean policy = deletes(set, "whenDeleted") || deletes(set, "whenScaled");
    ArrayNode owners = Json.array();
    boolean foreign = false;
    boolean ofSet = false;
    boolean ofPod = false;
    boolean unmanaged = false;
    for (JsonNode entry : claim.at("metadata", "ownerReferences")) {
      boolean toSet = entry.path("uid").asText().equals(set.uid());
      boolean toPod = entry.path("uid").asText().equals(pod.uid());
      boolean manages = entry.path("controller").asBoolean();
      if (toSet || toPod) {
        ofSet |= toSet;
        ofPod |= toPod;
        unmanaged |= !manages;
      } else {
        foreign |= manages && policy;
        owners.add(entry);
      }
    }
    if (foreign) {
      return ofSet || ofPod ? owners : null;
    }
    boolean wantsSet = isOwnedBySet(set, ordinal);
    boolean wantsPod = isOwnedByPod(set, ordinal);
    if (ofSet == wantsSet && ofPod == wantsPod && !unmanaged) {
      return null;
    }
    if (wantsSet) {
      owners.add(Owners.controllerRef(set));
    }
    if (wantsPod) {
      owners.add(Owners.controllerRef(pod));
    }
    return owners;
  }
}
