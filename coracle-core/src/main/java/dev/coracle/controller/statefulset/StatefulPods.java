package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.PodControl;
import java.util.ArrayList;
import java.util.List;

/** A StatefulSet's Pods: their names, their volumes, and how they are made. Pure. */
final class StatefulPods {

  static final String REVISION_LABEL = "controller-revision-hash";
  private static final String NAME_LABEL = "statefulset.kubernetes.io/pod-name";
  private static final String INDEX_LABEL = "apps.kubernetes.io/pod-index";

  private StatefulPods() {}

  /** -1 when a Pod's name is not one of the set's. */
  static int ordinal(KubeObject set, KubeObject pod) {
    String prefix = set.name() + "-";
    if (!pod.name().startsWith(prefix)) {
      return -1;
    }
    try {
      return Integer.parseInt(pod.name().substring(prefix.length()));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * @param template of the revision that the Pod has
   */
  static ObjectNode make(KubeObject set, int ordinal, JsonNode template, String revision) {
    ObjectNode pod = PodControl.fromTemplate(set, template);
    ObjectNode metadata = pod.withObject("/metadata");
    String name = set.name() + "-" + ordinal;
    metadata.remove("generateName");
    metadata.put("name", name).put("namespace", set.namespace());
    metadata
        .withObject("/labels")
        .put(REVISION_LABEL, revision)
        .put(NAME_LABEL, name)
        .put(INDEX_LABEL, Integer.toString(ordinal));
    ObjectNode spec = pod.withObject("/spec");
    spec.put("hostname", name);
    String service = set.text("spec", "serviceName");
    if (!service.isEmpty()) {
      spec.put("subdomain", service);
    }
    ArrayNode volumes = Json.array();
    List<String> claimed = new ArrayList<>();
    for (JsonNode claim : set.at("spec", "volumeClaimTemplates")) {
      String volume = claim.path("metadata").path("name").asText();
      claimed.add(volume);
      volumes
          .addObject()
          .put("name", volume)
          .putObject("persistentVolumeClaim")
          .put("claimName", claimName(set, volume, ordinal));
    }
    for (JsonNode volume : spec.path("volumes")) {
      if (!claimed.contains(volume.path("name").asText())) {
        volumes.add(volume);
      }
    }
    if (!volumes.isEmpty()) {
      spec.set("volumes", volumes);
    }
    return pod;
  }

  static String claimName(KubeObject set, String volume, int ordinal) {
    return volume + "-" + set.name() + "-" + ordinal;
  }

  /** The claims of an ordinal, as they are created. */
  static List<ObjectNode> claims(KubeObject set, int ordinal) {
    List<ObjectNode> claims = new ArrayList<>();
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      ObjectNode claim = template.deepCopy();
      claim.put("kind", "PersistentVolumeClaim").put("apiVersion", "v1");
      claim.remove("status");
      ObjectNode metadata = claim.withObject("/metadata");
      metadata.put(
          "name", claimName(set, template.path("metadata").path("name").asText(), ordinal));
      metadata.put("namespace", set.namespace());
      ObjectNode labels = metadata.withObject("/labels");
      set.at("spec", "selector", "matchLabels")
          .properties()
          .forEach(entry -> labels.set(entry.getKey(), entry.getValue()));
      if (deletesClaims(set, "whenDeleted")) {
        metadata.putArray("ownerReferences").add(owner(set));
      }
      claims.add(claim);
    }
    return claims;
  }

  /**
   * @param when {@code whenDeleted} or {@code whenScaled}
   */
  static boolean deletesClaims(KubeObject set, String when) {
    return set.at("spec", "persistentVolumeClaimRetentionPolicy")
        .path(when)
        .asText()
        .equals("Delete");
  }

  /** A reference that lets the garbage collector delete a claim with its owner. */
  static ObjectNode owner(KubeObject owner) {
    return Json.object()
        .put("apiVersion", owner.apiVersion())
        .put("kind", owner.kind())
        .put("name", owner.name())
        .put("uid", owner.uid())
        .put("controller", owner.kind().equals("StatefulSet"));
  }
}
