package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.InternalForms;
import dev.coracle.schema.validation.field.Trees;
import dev.coracle.schema.validation.storage.VolumeValidation;
import java.util.ArrayList;
import java.util.List;

/** What of a Pod may change. */
public final class PodUpdateValidation {

  private static final String REFUSED =
      "pod updates may not change fields other than"
          + " `spec.containers[*].image`,`spec.initContainers[*].image`,"
          + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing"
          + " tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was"
          + " previously negative)";

  private PodUpdateValidation() {}

  static void validate(ObjectNode pod, ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(pod, "spec", errors);
    JsonNode before = old.path("spec");
    for (String list : new String[] {"containers", "initContainers"}) {
      if (spec.child(list).json().size() != before.path(list).size()) {
        spec.child(list).forbidden("pod updates may not add or remove containers");
        return;
      }
    }
    deadline(spec.child("activeDeadlineSeconds"), before.path("activeDeadlineSeconds"));
    tolerations(spec.child("tolerations"), before.path("tolerations"));
    boolean gated = !before.path("schedulingGates").isEmpty();
    gates(spec.child("schedulingGates"), before.path("schedulingGates"));
    if (!(spec.json() instanceof ObjectNode now) || !(before instanceof ObjectNode was)) {
      return;
    }
    ObjectNode masked = now.deepCopy();
    for (String list : new String[] {"containers", "initContainers"}) {
      for (int i = 0; i < was.path(list).size(); i++) {
        if (masked.path(list).get(i) instanceof ObjectNode container) {
          mask(container, was.path(list).get(i), "image");
        }
      }
    }
    mask(masked, was, "activeDeadlineSeconds");
    mask(masked, was, "tolerations");
    mask(masked, was, "schedulingGates");
    if (gated) {
      gated(masked, was);
    }
    if (was.path("terminationGracePeriodSeconds").asLong(0) < 0
        && now.path("terminationGracePeriodSeconds").asLong(0) == 1) {
      mask(masked, was, "terminationGracePeriodSeconds");
    }
    if (!Trees.same(masked, was)) {
      spec.forbidden(REFUSED + "\n" + InternalForms.podChange(was, masked));
    }
  }

  private static void mask(ObjectNode now, JsonNode was, String field) {
    if (was.has(field)) {
      now.set(field, was.get(field));
    } else {
      now.remove(field);
    }
  }

  /** While a Pod has gates, its node selector may get narrower. */
  private static void gated(ObjectNode masked, ObjectNode was) {
    boolean narrower = true;
    for (var entry : was.path("nodeSelector").properties()) {
      narrower &= entry.getValue().equals(masked.path("nodeSelector").get(entry.getKey()));
    }
    if (narrower) {
      mask(masked, was, "nodeSelector");
    }
    boolean selected =
        was.path("affinity")
            .path("nodeAffinity")
            .has("requiredDuringSchedulingIgnoredDuringExecution");
    if (!selected
        && masked.get("affinity") instanceof ObjectNode affinity
        && affinity.get("nodeAffinity") instanceof ObjectNode node) {
      node.remove("requiredDuringSchedulingIgnoredDuringExecution");
      if (node.isEmpty()) {
        affinity.remove("nodeAffinity");
      }
      if (affinity.isEmpty() && !was.has("affinity")) {
        masked.remove("affinity");
      }
    }
  }

  private static void deadline(Field now, JsonNode was) {
    if (was.isNumber()) {
      if (!now.present()) {
        now.errors()
            .invalid(
                now.path(), now.json(), "must not update from a positive integer to nil value");
      } else if (now.number() > was.asLong()) {
        now.invalid("must be less than or equal to previous value");
      }
    }
  }

  private static void tolerations(Field now, JsonNode was) {
    for (JsonNode old : was) {
      boolean kept = false;
      for (Field toleration : now.items()) {
        kept |= Trees.same(withoutSeconds(toleration.json()), withoutSeconds(old));
      }
      if (!kept) {
        now.forbidden("existing toleration can not be modified except its tolerationSeconds");
      }
    }
  }

  private static JsonNode withoutSeconds(JsonNode toleration) {
    JsonNode copy = toleration.deepCopy();
    if (copy instanceof ObjectNode object) {
      object.remove("tolerationSeconds");
    }
    return copy;
  }

  private static void gates(Field now, JsonNode was) {
    for (Field gate : now.items()) {
      boolean known = false;
      for (JsonNode old : was) {
        known |= old.path("name").asText("").equals(gate.text("name"));
      }
      if (!known) {
        gate.forbidden(
            "only deletion is allowed, but found new scheduling gate '" + gate.text("name") + "'");
      }
    }
  }

  /** The subresource may only append; what is there stays as it is. */
  public static void ephemeralContainers(Field spec, ObjectNode old) {
    JsonNode before = old.path("spec");
    ContainerValidation.validate(spec, VolumeValidation.validate(spec.child("volumes")));
    Field now = spec.child("ephemeralContainers");
    for (JsonNode container : before.path("ephemeralContainers")) {
      String name = container.path("name").asText("");
      List<Field> same = new ArrayList<>();
      for (Field candidate : now.items()) {
        if (candidate.text("name").equals(name)) {
          same.add(candidate);
        }
      }
      if (same.isEmpty()) {
        now.forbidden(
            "existing ephemeral containers " + FieldErrors.quoted(name) + " may not be removed\n");
      } else if (!Trees.same(same.getFirst().json(), container)) {
        now.forbidden(
            "existing ephemeral containers "
                + FieldErrors.quoted(name)
                + " may not be changed\n"
                + InternalForms.change(container, same.getFirst().json(), "EphemeralContainer"));
      }
    }
    if (spec.json() instanceof ObjectNode object && before instanceof ObjectNode was) {
      ObjectNode masked = object.deepCopy();
      mask(masked, was, "ephemeralContainers");
      if (!Trees.same(masked, was)) {
        spec.forbidden(REFUSED + "\n" + InternalForms.podChange(was, masked));
      }
    }
  }
}
