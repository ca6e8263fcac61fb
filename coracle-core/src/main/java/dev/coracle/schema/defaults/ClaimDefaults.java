package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** PersistentVolumeClaims, alone and as templates, and PersistentVolumes. */
final class ClaimDefaults {

  private ClaimDefaults() {}

  static void claim(ObjectNode claim) {
    spec(Fill.child(claim, "spec"));
    ObjectNode status = Fill.child(claim, "status");
    Fill.text(status, "phase", "Pending");
    Fill.quantities(status, "capacity");
    Fill.quantities(status, "allocatedResources");
  }

  static void spec(ObjectNode spec) {
    Fill.text(spec, "volumeMode", "Filesystem");
    PodDefaults.resources(Fill.child(spec, "resources"));
  }

  static void volume(ObjectNode volume) {
    ObjectNode spec = Fill.child(volume, "spec");
    Fill.text(spec, "persistentVolumeReclaimPolicy", "Retain");
    Fill.text(spec, "volumeMode", "Filesystem");
    Fill.quantities(spec, "capacity");
    VolumeDefaults.shared(spec);
    Fill.text(Fill.child(volume, "status"), "phase", "Pending");
  }
}
