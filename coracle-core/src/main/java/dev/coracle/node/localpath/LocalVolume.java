package dev.coracle.node.localpath;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.LocalPath;
import dev.coracle.client.storage.StorageAnnotations;
import dev.coracle.client.storage.Volumes;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What a claim gets. Pure. */
final class LocalVolume {

  private static final String HOSTNAME = "kubernetes.io/hostname";

  private LocalVolume() {}

  /** The volume's name is the claim's uid's, so that a claim never gets two. */
  static String name(KubeObject claim) {
    return "pvc-" + claim.uid();
  }

  /** The directory's name, below that of all volumes. */
  static String directory(KubeObject claim) {
    return name(claim) + "_" + claim.namespace() + "_" + claim.name();
  }

  /** Why a claim can't have a volume of this kind; null when it can. */
  static @Nullable String refusal(KubeObject claim, KubeObject storageClass) {
    if (!Volumes.mode(claim).equals("Filesystem")) {
      return LocalPath.PROVISIONER + " does not support block volume provisioning";
    }
    if (claim.at("spec", "selector").isObject()) {
      return "claim.Spec.Selector is not supported";
    }
    if (claim.at("spec", "dataSource").isObject() || claim.at("spec", "dataSourceRef").isObject()) {
      return "claim.Spec.DataSource is not supported";
    }
    JsonNode options = storageClass.at("mountOptions");
    return options.isEmpty()
        ? null
        : "Mount options are not supported by the provisioner but StorageClass \""
            + storageClass.name()
            + "\" has mount options "
            + options;
  }

  static ObjectNode make(KubeObject claim, KubeObject storageClass, KubeObject node, Path path) {
    ObjectNode volume = Json.object().put("apiVersion", "v1").put("kind", "PersistentVolume");
    volume.putObject("metadata").put("name", name(claim));
    StorageAnnotations.put(volume, StorageAnnotations.PROVISIONED_BY, LocalPath.PROVISIONER);
    ObjectNode spec = volume.putObject("spec");
    spec.set("accessModes", claim.at("spec", "accessModes"));
    spec.putObject("capacity").set("storage", claim.at("spec", "resources", "requests", "storage"));
    spec.set("claimRef", Volumes.reference(claim));
    spec.putObject("hostPath").put("path", path.toString()).put("type", "DirectoryOrCreate");
    String host = node.labels().getOrDefault(HOSTNAME, node.name());
    spec.putObject("nodeAffinity")
        .putObject("required")
        .putArray("nodeSelectorTerms")
        .addObject()
        .putArray("matchExpressions")
        .addObject()
        .put("key", HOSTNAME)
        .put("operator", "In")
        .putArray("values")
        .add(host);
    spec.put("persistentVolumeReclaimPolicy", storageClass.at("reclaimPolicy").asText("Delete"));
    spec.put("storageClassName", storageClass.name());
    spec.put("volumeMode", "Filesystem");
    return volume;
  }

  /** The host whose directory a volume is; empty when it does not say. */
  static String host(KubeObject volume) {
    return volume
        .at("spec", "nodeAffinity", "required", "nodeSelectorTerms")
        .path(0)
        .path("matchExpressions")
        .path(0)
        .path("values")
        .path(0)
        .asText("");
  }
}
