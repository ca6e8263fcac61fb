package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The group {@code storage.k8s.io}. */
final class StorageDefaults {

  private StorageDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "StorageClass" -> {
        Fill.text(object, "reclaimPolicy", "Delete");
        Fill.text(object, "volumeBindingMode", "Immediate");
      }
      case "CSIDriver" -> driver(Fill.child(object, "spec"));
      case "CSINode" -> Fill.nothing(Fill.child(object, "spec"), "drivers");
      case "CSIStorageCapacity" -> {
        Fill.quantity(object, "capacity");
        Fill.quantity(object, "maximumVolumeSize");
      }
      case "VolumeAttachment" -> Fill.flag(Fill.child(object, "status"), "attached", false);
      default -> {}
    }
  }

  private static void driver(ObjectNode spec) {
    Fill.flag(spec, "attachRequired", true);
    Fill.flag(spec, "podInfoOnMount", false);
    Fill.flag(spec, "storageCapacity", false);
    Fill.flag(spec, "requiresRepublish", false);
    Fill.flag(spec, "seLinuxMount", false);
    Fill.text(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if (spec.path("volumeLifecycleModes").isEmpty()) {
      spec.putArray("volumeLifecycleModes").add("Persistent");
    }
  }
}
