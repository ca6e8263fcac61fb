package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Set;

/** The names of the objects that a Pod refers to, and so may be read by its node. */
public final class PodReferences {

  private PodReferences() {}

  /** Secrets of the Pod's namespace: of environments, of volumes, and for pulling images. */
  public static Set<String> secrets(JsonNode pod) {
    Set<String> names = new LinkedHashSet<>();
    JsonNode spec = pod.path("spec");
    for (JsonNode pull : spec.path("imagePullSecrets")) {
      add(names, pull.path("name"));
    }
    environment(names, spec, "secretRef", "secretKeyRef");
    for (JsonNode volume : spec.path("volumes")) {
      add(names, volume.path("secret").path("secretName"));
      add(names, volume.path("azureFile").path("secretName"));
      for (String kind :
          new String[] {"cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"}) {
        add(names, volume.path(kind).path("secretRef").path("name"));
      }
      add(names, volume.path("csi").path("nodePublishSecretRef").path("name"));
      for (JsonNode source : volume.path("projected").path("sources")) {
        add(names, source.path("secret").path("name"));
      }
    }
    return names;
  }

  /** ConfigMaps of the Pod's namespace. */
  public static Set<String> configMaps(JsonNode pod) {
    Set<String> names = new LinkedHashSet<>();
    JsonNode spec = pod.path("spec");
    environment(names, spec, "configMapRef", "configMapKeyRef");
    for (JsonNode volume : spec.path("volumes")) {
      add(names, volume.path("configMap").path("name"));
      for (JsonNode source : volume.path("projected").path("sources")) {
        add(names, source.path("configMap").path("name"));
      }
    }
    return names;
  }

  /** PersistentVolumeClaims of the Pod's namespace, those made for ephemeral volumes too. */
  public static Set<String> claims(JsonNode pod) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      add(names, volume.path("persistentVolumeClaim").path("claimName"));
      if (volume.path("ephemeral").isObject()) {
        names.add(
            pod.path("metadata").path("name").asText("") + "-" + volume.path("name").asText(""));
      }
    }
    return names;
  }

  /** ResourceClaims of the Pod's namespace, those made from templates too. */
  public static Set<String> resourceClaims(JsonNode pod) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode claim : pod.path("spec").path("resourceClaims")) {
      add(names, claim.path("resourceClaimName"));
    }
    JsonNode status = pod.path("status");
    for (JsonNode claim : status.path("resourceClaimStatuses")) {
      add(names, claim.path("resourceClaimName"));
    }
    add(names, status.path("extendedResourceClaimStatus").path("resourceClaimName"));
    return names;
  }

  private static void environment(Set<String> names, JsonNode spec, String whole, String key) {
    for (String kind : new String[] {"containers", "initContainers", "ephemeralContainers"}) {
      for (JsonNode container : spec.path(kind)) {
        for (JsonNode from : container.path("envFrom")) {
          add(names, from.path(whole).path("name"));
        }
        for (JsonNode variable : container.path("env")) {
          add(names, variable.path("valueFrom").path(key).path("name"));
        }
      }
    }
  }

  private static void add(Set<String> names, JsonNode name) {
    if (name.isTextual() && !name.asText().isEmpty()) {
      names.add(name.asText());
    }
  }
}
