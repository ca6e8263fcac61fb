package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Volumes, claims, classes and drivers. */
final class StorageCells {

  private static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

  private StorageCells() {}

  static void add(String kind, Row row) {
    switch (kind) {
      case "PersistentVolume" -> volume(row);
      case "PersistentVolumeClaim" -> claim(row);
      case "StorageClass" -> {
        boolean standard =
            row.at("metadata", "annotations").path(DEFAULT_CLASS).asText("").equals("true");
        row.add(row.object().name() + (standard ? " (default)" : ""))
            .add(row.text("provisioner"))
            .add(Row.or(row.text("reclaimPolicy"), "Delete"))
            .add(Row.or(row.text("volumeBindingMode"), "Immediate"))
            .add(row.at("allowVolumeExpansion").asBoolean(false))
            .age();
      }
      case "VolumeAttributesClass" -> row.name().add(row.text("driverName")).age();
      case "VolumeAttachment" ->
          row.name()
              .add(row.text("spec", "attacher"))
              .add(row.text("spec", "source", "persistentVolumeName"))
              .add(row.text("spec", "nodeName"))
              .add(row.at("status", "attached").asBoolean(false))
              .age();
      case "CSIDriver" -> driver(row);
      case "CSINode" -> row.name().add(row.at("spec", "drivers").size()).age();
      default -> row.name().created();
    }
  }

  private static String phase(Row row) {
    return row.object().isDeleting() ? "Terminating" : row.text("status", "phase");
  }

  private static String modes(JsonNode modes) {
    List<String> shown = new ArrayList<>();
    for (String mode :
        new String[] {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"}) {
      if (Row.texts(modes).contains(mode)) {
        shown.add(
            switch (mode) {
              case "ReadWriteOnce" -> "RWO";
              case "ReadOnlyMany" -> "ROX";
              case "ReadWriteMany" -> "RWX";
              default -> "RWOP";
            });
      }
    }
    return String.join(",", shown);
  }

  private static String storageClass(Row row) {
    return Row.or(
        row.at("metadata", "annotations")
            .path("volume.beta.kubernetes.io/storage-class")
            .asText(""),
        row.text("spec", "storageClassName"));
  }

  private static void volume(Row row) {
    JsonNode claim = row.at("spec", "claimRef");
    row.name()
        .add(row.text("spec", "capacity", "storage"))
        .add(modes(row.at("spec", "accessModes")))
        .add(row.text("spec", "persistentVolumeReclaimPolicy"))
        .add(phase(row))
        .add(
            claim.isObject()
                ? claim.path("namespace").asText("") + "/" + claim.path("name").asText("")
                : "")
        .add(storageClass(row))
        .add(Row.or(row.text("spec", "volumeAttributesClassName"), Row.UNSET))
        .add(row.text("status", "reason"))
        .age()
        .add(Row.or(row.text("spec", "volumeMode"), Row.UNSET));
  }

  private static void claim(Row row) {
    boolean bound = !row.text("spec", "volumeName").isEmpty();
    row.name()
        .add(phase(row))
        .add(row.text("spec", "volumeName"))
        .add(bound ? row.text("status", "capacity", "storage") : "")
        .add(bound ? modes(row.at("status", "accessModes")) : "")
        .add(storageClass(row))
        .add(Row.or(row.text("spec", "volumeAttributesClassName"), Row.UNSET))
        .age()
        .add(Row.or(row.text("spec", "volumeMode"), Row.UNSET));
  }

  private static void driver(Row row) {
    List<String> audiences = new ArrayList<>();
    for (JsonNode request : row.at("spec", "tokenRequests")) {
      audiences.add(request.path("audience").asText(""));
    }
    row.name()
        .add(row.at("spec", "attachRequired").asBoolean(true))
        .add(row.at("spec", "podInfoOnMount").asBoolean(false))
        .add(row.at("spec", "storageCapacity").asBoolean(false))
        .add(audiences.isEmpty() ? Row.UNSET : String.join(",", audiences))
        .add(row.at("spec", "requiresRepublish").asBoolean(false))
        .add(Row.or(String.join(",", Row.texts(row.at("spec", "volumeLifecycleModes"))), Row.NONE))
        .age();
  }
}
