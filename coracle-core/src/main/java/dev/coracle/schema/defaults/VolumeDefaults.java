package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Volumes of Pods and, where they share a source, PersistentVolumes. */
final class VolumeDefaults {

  private static final int READABLE = 0644;

  private VolumeDefaults() {}

  static void volume(ObjectNode volume) {
    if (volume.size() <= 1 && volume.has("name")) {
      volume.putObject("emptyDir");
    }
    for (String source : new String[] {"secret", "configMap"}) {
      if (Fill.existing(volume, source) instanceof ObjectNode files) {
        Fill.number(files, "defaultMode", READABLE);
      }
    }
    if (Fill.existing(volume, "downwardAPI") instanceof ObjectNode files) {
      Fill.number(files, "defaultMode", READABLE);
      downwardFiles(files);
    }
    if (Fill.existing(volume, "projected") instanceof ObjectNode projected) {
      Fill.number(projected, "defaultMode", READABLE);
      for (ObjectNode source : Fill.objects(projected, "sources")) {
        if (Fill.existing(source, "serviceAccountToken") instanceof ObjectNode token) {
          Fill.number(token, "expirationSeconds", 3600);
        }
        if (Fill.existing(source, "downwardAPI") instanceof ObjectNode files) {
          downwardFiles(files);
        }
      }
    }
    if (Fill.existing(volume, "emptyDir") instanceof ObjectNode empty) {
      Fill.quantity(empty, "sizeLimit");
    }
    if (Fill.existing(volume, "image") instanceof ObjectNode image) {
      Fill.text(image, "pullPolicy", ContainerDefaults.pullPolicy(Fill.string(image, "reference")));
    }
    if (Fill.existing(volume, "ephemeral") instanceof ObjectNode ephemeral
        && Fill.existing(ephemeral, "volumeClaimTemplate") instanceof ObjectNode template) {
      Fill.child(template, "metadata");
      ClaimDefaults.spec(Fill.child(template, "spec"));
    }
    shared(volume);
  }

  private static void downwardFiles(ObjectNode source) {
    for (ObjectNode item : Fill.objects(source, "items")) {
      reference(item);
    }
  }

  /** A {@code fieldRef} or {@code resourceFieldRef} of a variable or a file. */
  static void reference(ObjectNode holder) {
    if (Fill.existing(holder, "fieldRef") instanceof ObjectNode field) {
      Fill.text(field, "apiVersion", "v1");
    }
    if (Fill.existing(holder, "resourceFieldRef") instanceof ObjectNode resource) {
      Fill.text(resource, "divisor", "0");
      Fill.quantity(resource, "divisor");
    }
  }

  /** The sources that Pods and PersistentVolumes have in common. */
  static void shared(ObjectNode volume) {
    if (Fill.existing(volume, "hostPath") instanceof ObjectNode path) {
      Fill.empty(path, "type");
    }
    if (Fill.existing(volume, "iscsi") instanceof ObjectNode iscsi) {
      Fill.text(iscsi, "iscsiInterface", "default");
    }
    if (Fill.existing(volume, "rbd") instanceof ObjectNode rbd) {
      Fill.text(rbd, "pool", "rbd");
      Fill.text(rbd, "user", "admin");
      Fill.text(rbd, "keyring", "/etc/ceph/keyring");
    }
    if (Fill.existing(volume, "azureDisk") instanceof ObjectNode disk) {
      Fill.text(disk, "cachingMode", "ReadWrite");
      Fill.text(disk, "kind", "Shared");
      Fill.text(disk, "fsType", "ext4");
      Fill.flag(disk, "readOnly", false);
    }
    if (Fill.existing(volume, "scaleIO") instanceof ObjectNode scale) {
      Fill.text(scale, "storageMode", "ThinProvisioned");
      Fill.text(scale, "fsType", "xfs");
    }
  }
}
