package dev.coracle.schema.validation.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Quantity;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.InternalForms;
import dev.coracle.schema.validation.field.SchedulingValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import dev.coracle.schema.validation.field.Trees;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PersistentVolumeClaims and PersistentVolumes. */
public final class ClaimValidation {

  private static final String[] MODES = {
    "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"
  };
  private static final String[] SOURCES = {
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi"
  };

  private ClaimValidation() {}

  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    if (kind.equals("PersistentVolume")) {
      volume(spec);
      if (old != null) {
        volumeUpdate(spec, old);
      }
      return;
    }
    spec(spec);
    if (old != null) {
      update(spec, old);
    }
  }

  private static void accessModes(Field spec) {
    Field modes = spec.child("accessModes");
    if (modes.blank()) {
      modes.required("at least 1 access mode is required");
    }
    boolean alone = false;
    for (Field mode : modes.items()) {
      mode.at(modes.path()).oneOf(MODES);
      alone |= mode.text().equals("ReadWriteOncePod");
    }
    if (alone && modes.json().size() > 1) {
      modes.forbidden("may not use ReadWriteOncePod with other access modes");
    }
  }

  static void spec(Field spec) {
    if (spec.has("selector")) {
      SelectorValidation.validate(spec.child("selector"));
    }
    accessModes(spec);
    Field storage =
        new Field(
            spec.json().path("resources").path("requests").path("storage"),
            spec.path().child("resources").key("storage"),
            spec.errors());
    Quantity amount = storage.quantity();
    if (amount == null) {
      storage.required("");
    } else if (amount.signum() <= 0) {
      storage.errors().invalid(storage.path(), amount.toString(), "must be greater than zero");
    }
    spec.child("storageClassName").subdomain();
    spec.child("volumeMode").oneOf("Block", "Filesystem");
    for (String source : new String[] {"dataSource", "dataSourceRef"}) {
      if (spec.has(source)) {
        spec.child(source).child("name").needed();
        spec.child(source).child("kind").needed();
      }
    }
  }

  private static void update(Field spec, ObjectNode old) {
    if (!(spec.json() instanceof ObjectNode now) || !(old.path("spec") instanceof ObjectNode was)) {
      return;
    }
    boolean bound = old.path("status").path("phase").asText("").equals("Bound");
    ObjectNode masked = now.deepCopy();
    keep(masked, was, "resources");
    if (was.path("volumeName").asText("").isEmpty()) {
      keep(masked, was, "volumeName");
    }
    if (bound) {
      keep(masked, was, "volumeAttributesClassName");
    }
    if (!was.has("storageClassName")) {
      keep(masked, was, "storageClassName");
    }
    if (!Trees.same(masked, was)) {
      spec.forbidden(
          "spec is immutable after creation except resources.requests and"
              + " volumeAttributesClassName for bound claims\n"
              + InternalForms.change(was, masked, "PersistentVolumeClaimSpec"));
    }
    Quantity before = storage(was);
    Quantity after = storage(now);
    if (before != null && after != null) {
      Field requests = spec.child("resources").child("requests").child("storage");
      Quantity received = quantity(old.path("status").path("capacity").path("storage"));
      if (after.compareTo(before) < 0 && (received == null || after.compareTo(received) <= 0)) {
        requests.forbidden("field can not be less than status.capacity");
      } else if (after.compareTo(before) > 0 && !bound) {
        spec.forbidden(
            "spec is immutable after creation except resources.requests and"
                + " volumeAttributesClassName for bound claims\n"
                + InternalForms.change(was, now, "PersistentVolumeClaimSpec"));
      }
    }
  }

  private static void keep(ObjectNode now, ObjectNode was, String field) {
    if (was.has(field)) {
      now.set(field, was.get(field));
    } else {
      now.remove(field);
    }
  }

  private static @Nullable Quantity storage(ObjectNode spec) {
    return quantity(spec.path("resources").path("requests").path("storage"));
  }

  private static @Nullable Quantity quantity(JsonNode node) {
    return new Field(node, FieldPath.of("spec"), new FieldErrors()).quantity();
  }

  private static void volume(Field spec) {
    accessModes(spec);
    Field capacity = spec.child("capacity");
    if (capacity.blank()) {
      capacity.required("");
    } else if (!capacity.has("storage") || capacity.json().size() > 1) {
      capacity.errors().notSupported(capacity.path(), capacity.json(), List.of("storage"));
    }
    for (Field amount : capacity.entries()) {
      Quantity quantity = amount.quantity();
      if (quantity != null && quantity.signum() <= 0) {
        amount.errors().invalid(amount.path(), quantity.toString(), "must be greater than zero");
      }
    }
    int count = 0;
    for (String name : SOURCES) {
      if (spec.has(name)) {
        if (count++ > 0) {
          spec.child(name).forbidden("may not specify more than 1 volume type");
        } else {
          SourceValidation.validate(name, spec.child(name), true);
        }
      }
    }
    if (count == 0) {
      spec.required("must specify a volume type");
    }
    spec.child("persistentVolumeReclaimPolicy").oneOf("Delete", "Recycle", "Retain");
    spec.child("volumeMode").oneOf("Block", "Filesystem");
    spec.child("storageClassName").subdomain();
    Field affinity = spec.child("nodeAffinity");
    if (affinity.has("required")) {
      SchedulingValidation.nodeSelector(affinity.child("required"));
    } else if (affinity.present()) {
      affinity.child("required").required("must specify required node constraints");
    }
    if (spec.has("local") && !affinity.present()) {
      affinity.required("Local volume requires node affinity");
    }
  }

  private static void volumeUpdate(Field spec, ObjectNode old) {
    for (String name : SOURCES) {
      if (!Trees.same(spec.json().path(name), old.path("spec").path(name))
          || spec.has(name) != old.path("spec").hasNonNull(name)) {
        spec.errors()
            .forbidden(
                spec.path().child("persistentvolumesource"),
                "spec.persistentvolumesource is immutable after creation\n"
                    + Trees.difference(old.path("spec").path(name), spec.json().path(name)));
        break;
      }
    }
    spec.child("volumeMode").immutable(old.path("spec").path("volumeMode"));
  }
}
