package dev.coracle.schema.validation.storage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.Trees;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** StorageClasses, CSIDrivers, CSINodes and VolumeAttachments. */
public final class StorageValidation {

  private StorageValidation() {}

  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    switch (kind) {
      case "StorageClass" -> storageClass(object, old, errors);
      case "CSIDriver" -> {
        Field spec = Field.of(object, "spec", errors);
        spec.child("fsGroupPolicy").oneOf("File", "None", "ReadWriteOnceWithFSType");
        for (Field mode : spec.child("volumeLifecycleModes").items()) {
          mode.oneOf("Ephemeral", "Persistent");
        }
        if (!spec.has("attachRequired")) {
          spec.child("attachRequired").required("");
        }
      }
      case "CSINode" -> {
        Set<String> names = new HashSet<>();
        for (Field driver : Field.of(object, "spec", errors).child("drivers").items()) {
          driver.child("name").needed();
          driver.child("nodeID").needed();
          if (!names.add(driver.text("name"))) {
            driver.child("name").duplicate();
          }
          driver.child("allocatable").child("count").nonNegative();
        }
      }
      case "VolumeAttachment" -> {
        Field spec = Field.of(object, "spec", errors);
        spec.child("attacher").needed();
        spec.child("nodeName").needed();
        boolean named = !spec.child("source").child("persistentVolumeName").blank();
        boolean inline = spec.child("source").has("inlineVolumeSpec");
        if (!named && !inline) {
          spec.child("source")
              .required("must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }
        if (old != null) {
          spec.immutable(old.path("spec"));
        }
      }
      default -> {}
    }
  }

  private static void storageClass(
      ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field provisioner = Field.of(object, "provisioner", errors);
    if (provisioner.needed()) {
      provisioner.invalid(Names.qualifiedName(provisioner.text().toLowerCase(Locale.ROOT)));
    }
    Field.of(object, "reclaimPolicy", errors).oneOf("Delete", "Retain");
    Field.of(object, "volumeBindingMode", errors).neededOneOf("Immediate", "WaitForFirstConsumer");
    Field parameters = Field.of(object, "parameters", errors);
    if (parameters.json().size() > 512) {
      errors.tooLong(parameters.path(), 512);
    }
    if (parameters.json().has("")) {
      parameters.invalid("field can not be empty.");
    }
    if (old == null) {
      return;
    }
    for (String field : new String[] {"parameters", "provisioner", "reclaimPolicy"}) {
      if (!Trees.same(object.path(field), old.path(field))) {
        Field.of(object, field, errors).forbidden("updates to " + field + " are forbidden.");
      }
    }
    Field.of(object, "volumeBindingMode", errors).immutable(old.path("volumeBindingMode"));
  }
}
