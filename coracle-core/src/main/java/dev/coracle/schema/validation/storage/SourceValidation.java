package dev.coracle.schema.validation.storage;

import dev.coracle.schema.validation.field.Field;

/** The volume sources that Pods and PersistentVolumes share. */
final class SourceValidation {

  private SourceValidation() {}

  static void validate(String name, Field source, boolean persistent) {
    switch (name) {
      case "hostPath" -> hostPath(source);
      case "local" -> {
        if (source.child("path").needed()) {
          VolumeValidation.noBacksteps(source.child("path"));
        }
      }
      case "gitRepo" -> {
        source.child("repository").needed();
        if (!source.child("directory").blank()) {
          VolumeValidation.relativePath(source.child("directory"), false);
        }
      }
      case "nfs" -> {
        source.child("server").needed();
        Field path = source.child("path");
        if (path.needed() && !path.text().startsWith("/")) {
          path.invalid("must be an absolute path");
        }
      }
      case "iscsi" -> iscsi(source);
      case "glusterfs" -> needed(source, "endpoints", "path");
      case "flocker" -> {
        if (source.child("datasetName").blank() && source.child("datasetUUID").blank()) {
          source.required("one of datasetName and datasetUUID is required");
        }
      }
      case "rbd" -> {
        needed(source, "monitors", "image");
      }
      case "cephfs" -> needed(source, "monitors");
      case "quobyte" -> needed(source, "registry", "volume");
      case "gcePersistentDisk" -> needed(source, "pdName");
      case "awsElasticBlockStore", "cinder", "portworxVolume" -> needed(source, "volumeID");
      case "flexVolume" -> needed(source, "driver");
      case "azureFile" -> needed(source, "secretName", "shareName");
      case "azureDisk" -> needed(source, "diskName", "diskURI");
      case "vsphereVolume" -> needed(source, "volumePath");
      case "photonPersistentDisk" -> needed(source, "pdID");
      case "scaleIO" -> needed(source, "gateway", "system", "volumeName");
      case "fc" -> {
        if (source.child("targetWWNs").blank() && source.child("wwids").blank()) {
          source
              .child("targetWWNs")
              .required("must specify either targetWWNs or wwids, but not both");
        }
      }
      case "csi" -> {
        Field driver = source.child("driver");
        if (driver.needed()) {
          driver.subdomain();
        }
        if (persistent) {
          needed(source, "volumeHandle");
        }
      }
      default -> {}
    }
  }

  private static void needed(Field source, String... fields) {
    for (String field : fields) {
      source.child(field).needed();
    }
  }

  private static void hostPath(Field source) {
    Field path = source.child("path");
    if (path.needed()) {
      VolumeValidation.noBacksteps(path);
    }
    source
        .child("type")
        .oneOf(
            "",
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket");
  }

  private static void iscsi(Field source) {
    needed(source, "targetPortal", "iqn");
    Field iqn = source.child("iqn");
    String name = iqn.text();
    if (!name.isEmpty()
        && !name.startsWith("iqn")
        && !name.startsWith("eui")
        && !name.startsWith("naa")) {
      iqn.invalid("must be valid format starting with iqn, eui, or naa");
    }
    source.child("lun").between(0, 255);
  }
}
