package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.storage.VolumeValidation;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Where containers mount volumes and devices. */
final class MountValidation {

  private MountValidation() {}

  static void validate(Field container, Map<String, JsonNode> volumes) {
    Set<String> devicePaths = new HashSet<>();
    Set<String> deviceNames = new HashSet<>();
    for (Field device : container.child("volumeDevices").items()) {
      Field name = device.child("name");
      if (name.needed()) {
        JsonNode volume = volumes.get(name.text());
        if (volume == null) {
          name.errors().notFound(name.path(), name.text());
        } else if (!volume.has("persistentVolumeClaim") && !volume.has("ephemeral")) {
          name.invalid(
              "can only use volume source type of PersistentVolumeClaim or Ephemeral for block"
                  + " mode");
        }
        if (!deviceNames.add(name.text())) {
          name.invalid("must be unique");
        }
      }
      Field path = device.child("devicePath");
      if (path.needed()) {
        if (!devicePaths.add(path.text())) {
          path.invalid("must be unique");
        }
        VolumeValidation.noBacksteps(path);
      }
    }
    Set<String> paths = new HashSet<>();
    boolean privileged = container.child("securityContext").flag("privileged");
    for (Field mount : container.child("volumeMounts").items()) {
      mount(mount, volumes, privileged);
      Field path = mount.child("mountPath");
      if (path.needed()) {
        if (!paths.add(path.text())) {
          path.invalid("must be unique");
        }
        if (devicePaths.contains(path.text())) {
          path.invalid("must not already exist as a path in volumeDevices");
        }
      }
    }
  }

  private static void mount(Field mount, Map<String, JsonNode> volumes, boolean privileged) {
    Field name = mount.child("name");
    if (name.needed() && !volumes.containsKey(name.text())) {
      name.errors().notFound(name.path(), name.text());
    }
    Field subPath = mount.child("subPath");
    Field expression = mount.child("subPathExpr");
    if (!subPath.blank()) {
      VolumeValidation.relativePath(subPath, false);
    }
    if (!expression.blank()) {
      if (!subPath.blank()) {
        expression.invalid("subPathExpr and subPath are mutually exclusive");
      }
      VolumeValidation.relativePath(expression, false);
    }
    Field propagation = mount.child("mountPropagation");
    propagation.oneOf("Bidirectional", "HostToContainer", "None");
    if (propagation.text().equals("Bidirectional") && !privileged) {
      propagation.forbidden(
          "Bidirectional mount propagation is available only to privileged containers");
    }
    Field recursive = mount.child("recursiveReadOnly");
    recursive.oneOf("Disabled", "Enabled", "IfPossible");
    if (!recursive.blank() && !recursive.text().equals("Disabled") && !mount.flag("readOnly")) {
      recursive.forbidden("may only be specified when readOnly is true");
    }
  }
}
