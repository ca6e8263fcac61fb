package dev.coracle.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Operation;
import java.util.Map;

/**
 * Gives new claims, volumes and volume attributes classes the finalizer by which they stay while
 * something uses them; the protection controllers take it off again.
 */
public final class StorageObjectInUseProtection implements AdmissionPlugin {

  private static final Map<String, String> FINALIZERS =
      Map.of(
          "/persistentvolumeclaims", "kubernetes.io/pvc-protection",
          "/persistentvolumes", "kubernetes.io/pv-protection",
          "storage.k8s.io/volumeattributesclasses", "kubernetes.io/vac-protection");

  @Override
  public String name() {
    return "StorageObjectInUseProtection";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    if (attributes.operation() != Operation.CREATE || !attributes.subresource().isEmpty()) {
      return;
    }
    String finalizer =
        FINALIZERS.get(attributes.resource().group() + "/" + attributes.resource().resource());
    ObjectNode object = finalizer == null ? null : attributes.object();
    if (object == null) {
      return;
    }
    ObjectNode metadata = object.withObject("/metadata");
    ArrayNode finalizers =
        metadata.get("finalizers") instanceof ArrayNode known
            ? known
            : metadata.putArray("finalizers");
    for (JsonNode known : finalizers) {
      if (known.asText().equals(finalizer)) {
        return;
      }
    }
    finalizers.add(finalizer);
  }
}
