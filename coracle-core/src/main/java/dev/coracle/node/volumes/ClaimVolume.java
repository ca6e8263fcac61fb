package dev.coracle.node.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.client.storage.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * What a Pod's claim is on this node.
 *
 * @param readOnly whether nobody may write there
 */
record ClaimVolume(Path path, boolean readOnly) {

  /**
   * Finds the directory of a Pod's claim.
   *
   * @param name of the Pod's volume
   * @throws VolumeFailure when it is not bound, or not to something that this node has
   */
  static ClaimVolume of(KubeObject pod, String name, VolumeSource source) throws IOException {
    PodClaims.Use use =
        PodClaims.of(pod).stream()
            .filter(candidate -> candidate.volume().equals(name))
            .findFirst()
            .orElseThrow();
    KubeObject claim = claim(pod, use, source);
    KubeObject volume = source.persistentVolume(claim.text("spec", "volumeName"));
    if (volume == null) {
      throw unprocessed(
          pod,
          use,
          "failed to fetch PV "
              + claim.text("spec", "volumeName")
              + " from API server: persistentvolumes \""
              + claim.text("spec", "volumeName")
              + "\" not found");
    }
    checkMode(pod, use, claim);
    boolean readOnly = false;
    for (JsonNode declared : pod.at("spec", "volumes")) {
      if (declared.path("name").asText().equals(name)) {
        readOnly = declared.path("persistentVolumeClaim").path("readOnly").asBoolean();
      }
    }
    return new ClaimVolume(path(pod, volume), readOnly);
  }

  private static KubeObject claim(KubeObject pod, PodClaims.Use use, VolumeSource source) {
    KubeObject claim = source.persistentVolumeClaim(pod.namespace(), use.name());
    if (claim == null) {
      throw unprocessed(
          pod,
          use,
          "failed to fetch PVC from API server: persistentvolumeclaims \""
              + use.name()
              + "\" not found");
    }
    if (use.ephemeral() && !PodClaims.isOf(claim, pod)) {
      throw VolumeFailure.unprocessed(use.volume(), PodClaims.notOf(claim, pod));
    }
    // A Pod that was here before, and whose node was started anew, still has its claim.
    boolean fresh = pod.text("status", "startTime").isEmpty();
    if (claim.isDeleting() && fresh) {
      throw unprocessed(pod, use, "PVC is being deleted");
    }
    if (!claim.text("status", "phase").equals("Bound")) {
      throw unprocessed(pod, use, "PVC is not bound");
    }
    if (claim.text("spec", "volumeName").isEmpty()) {
      throw unprocessed(pod, use, "PVC has empty pvc.Spec.VolumeName");
    }
    return claim;
  }

  private static VolumeFailure unprocessed(KubeObject pod, PodClaims.Use use, String why) {
    return VolumeFailure.unprocessed(
        use.volume(), "error processing PVC " + pod.namespace() + "/" + use.name() + ": " + why);
  }

  private static void checkMode(KubeObject pod, PodClaims.Use use, KubeObject claim) {
    boolean block = Volumes.mode(claim).equals("Block");
    String wrong = block ? "volumeMounts" : "volumeDevices";
    String path = block ? "mountPath" : "devicePath";
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : pod.at("spec", list)) {
        for (JsonNode mount : container.path(wrong)) {
          if (mount.path("name").asText().equals(use.volume()) && mount.has(path)) {
            throw VolumeFailure.unprocessed(
                use.volume(),
                "volume "
                    + use.volume()
                    + " has volumeMode "
                    + Volumes.mode(claim)
                    + ", but is specified in "
                    + wrong);
          }
        }
      }
    }
    if (block) {
      throw VolumeFailure.unprocessed(
          use.volume(), "volumes of mode Block are not supported on this node");
    }
  }

  private static Path path(KubeObject pod, KubeObject volume) throws IOException {
    JsonNode hostPath = volume.at("spec", "hostPath");
    if (hostPath.isObject()) {
      return HostPath.of(volume.name(), hostPath);
    }
    String local = volume.text("spec", "local", "path");
    if (local.isEmpty()) {
      throw new VolumeFailure(
          volume.name(), "volumes of type " + type(volume) + " are not supported on this node");
    }
    Path path = Path.of(local);
    if (!Files.exists(path)) {
      throw new VolumeFailure(volume.name(), "path \"" + local + "\" does not exist");
    }
    JsonNode security = pod.at("spec", "securityContext");
    if (security.path("fsGroup").isNumber()) {
      GroupOwnership.give(
          path,
          security.path("fsGroup").asInt(),
          security.path("fsGroupChangePolicy").asText("Always").equals("OnRootMismatch"));
    }
    return path;
  }

  private static String type(KubeObject volume) {
    for (Map.Entry<String, JsonNode> field : volume.at("spec").properties()) {
      boolean source =
          field.getValue().isObject()
              && !Set.of("capacity", "claimRef", "nodeAffinity").contains(field.getKey());
      if (source) {
        return field.getKey();
      }
    }
    return "";
  }
}
