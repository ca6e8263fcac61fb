package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.function.Supplier;

/** A claim may only grow, once bound, where its StorageClass allows expansion. */
public final class PersistentVolumeClaimResize implements AdmissionPlugin {

  private static final GroupVersionResource CLASSES =
      GroupVersionResource.of("storage.k8s.io", "v1", "storageclasses");

  private final Supplier<Client> client;

  public PersistentVolumeClaimResize(Supplier<Client> client) {
    this.client = client;
  }

  @Override
  public String name() {
    return "PersistentVolumeClaimResize";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    ObjectNode claim = AdmissionPlugin.coreObject(attributes, "persistentvolumeclaims");
    KubeObject old = attributes.oldObject();
    if (claim == null
        || old == null
        || attributes.operation() != Operation.UPDATE
        || size(claim).compareTo(size(old.tree())) <= 0) {
      return;
    }
    if (!old.text("status", "phase").equals("Bound")) {
      throw refused(attributes, "Only bound persistent volume claims can be expanded");
    }
    String name = storageClass(claim);
    KubeObject storageClass =
        name.isEmpty() || !name.equals(storageClass(old.tree()))
            ? null
            : client.get().find(CLASSES, "", name);
    if (storageClass == null || !storageClass.at("allowVolumeExpansion").asBoolean()) {
      throw refused(
          attributes,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions"
              + " the pvc must support resize");
    }
  }

  private static Quantity size(JsonNode claim) {
    JsonNode size = claim.path("spec").path("resources").path("requests").path("storage");
    return size.isMissingNode() ? Quantity.ZERO : Quantity.of(size);
  }

  private static String storageClass(JsonNode claim) {
    return claim
        .path("metadata")
        .path("annotations")
        .path("volume.beta.kubernetes.io/storage-class")
        .asText(claim.path("spec").path("storageClassName").asText(""));
  }

  private static StatusException refused(AdmissionAttributes attributes, String why) {
    return StatusException.forbidden("", "persistentvolumeclaims", attributes.name(), why);
  }
}
