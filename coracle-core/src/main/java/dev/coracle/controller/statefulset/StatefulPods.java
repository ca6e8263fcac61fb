package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.PodControl;
import java.util.HashSet;
import java.util.Set;

/** A StatefulSet's Pods: their names, their volumes, and how they are made. Pure. */
final class StatefulPods {

  static final String REVISION_LABEL = "controller-revision-hash";
  static final String NAME_LABEL = "statefulset.kubernetes.io/pod-name";
  private static final String INDEX_LABEL = "apps.kubernetes.io/pod-index";

  private StatefulPods() {}

  /** The first ordinal. */
  static int start(KubeObject set) {
    return set.at("spec", "ordinals", "start").asInt(0);
  }

  static int replicas(KubeObject set) {
    return set.at("spec", "replicas").asInt(1);
  }

  /** Whether a Pod of an ordinal is wanted. */
  static boolean isWanted(KubeObject set, int ordinal) {
    return ordinal >= start(set) && ordinal < start(set) + replicas(set);
  }

  static String name(KubeObject set, int ordinal) {
    return set.name() + "-" + ordinal;
  }

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

  /** The name of the revision that a Pod has. */
  static String revision(KubeObject pod) {
    return pod.labels().getOrDefault(REVISION_LABEL, "");
  }

  /**
   * @param template of the revision that the Pod has
   */
  static ObjectNode make(KubeObject set, int ordinal, JsonNode template, String revision) {
    ObjectNode pod = PodControl.fromTemplate(set, template);
    ObjectNode metadata = pod.withObject("/metadata");
    metadata.remove("generateName");
    metadata.put("name", name(set, ordinal)).put("namespace", set.namespace());
    metadata.withObject("/labels").put(REVISION_LABEL, revision);
    identify(set, ordinal, pod);
    ObjectNode spec = pod.withObject("/spec");
    spec.put("hostname", name(set, ordinal));
    String service = set.text("spec", "serviceName");
    if (!service.isEmpty()) {
      spec.put("subdomain", service);
    }
    mount(set, ordinal, pod);
    return pod;
  }

  /** Whether an existing Pod says who it is and has the set's claims as its volumes. */
  static boolean isConsistent(KubeObject set, KubeObject pod) {
    return pod.name().equals(pod.labels().get(NAME_LABEL)) && hasClaims(set, pod);
  }

  private static boolean hasClaims(KubeObject set, KubeObject pod) {
    int ordinal = ordinal(set, pod);
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      String volume = template.path("metadata").path("name").asText();
      boolean there = false;
      for (JsonNode each : pod.at("spec", "volumes")) {
        there |=
            each.path("name").asText().equals(volume)
                && each.path("persistentVolumeClaim")
                    .path("claimName")
                    .asText()
                    .equals(StatefulClaims.name(set, volume, ordinal));
      }
      if (!there) {
        return false;
      }
    }
    return true;
  }

  /** An existing Pod as {@link #isConsistent} wants it. */
  static ObjectNode consistent(KubeObject set, KubeObject pod) {
    ObjectNode tree = pod.mutableTree();
    identify(set, ordinal(set, pod), tree);
    if (!hasClaims(set, pod)) {
      mount(set, ordinal(set, pod), tree);
    }
    return tree;
  }

  private static void identify(KubeObject set, int ordinal, ObjectNode pod) {
    pod.withObject("/metadata")
        .withObject("/labels")
        .put(NAME_LABEL, name(set, ordinal))
        .put(INDEX_LABEL, Integer.toString(ordinal));
  }

  /** Puts the set's claims before the template's other volumes. */
  private static void mount(KubeObject set, int ordinal, ObjectNode pod) {
    ArrayNode volumes = Json.array();
    Set<String> claimed = new HashSet<>();
    for (JsonNode claim : set.at("spec", "volumeClaimTemplates")) {
      String volume = claim.path("metadata").path("name").asText();
      claimed.add(volume);
      volumes
          .addObject()
          .put("name", volume)
          .putObject("persistentVolumeClaim")
          .put("claimName", StatefulClaims.name(set, volume, ordinal));
    }
    ObjectNode spec = pod.withObject("/spec");
    for (JsonNode volume : spec.path("volumes")) {
      if (!claimed.contains(volume.path("name").asText())) {
        volumes.add(volume);
      }
    }
    if (!volumes.isEmpty()) {
      spec.set("volumes", volumes);
    }
  }
}
