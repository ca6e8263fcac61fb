package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.InternalForms;
import dev.coracle.schema.validation.field.Trees;

/**
 * What a Pod's resize may change (KEP-1287): CPU and memory of containers and sidecars, within the
 * Pod's class of service; what was asked for or limited stays so.
 */
public final class PodResizeValidation {

  private static final String ONLY = "only cpu and memory resources are mutable";

  private PodResizeValidation() {}

  public static void validate(ObjectNode pod, ObjectNode old, FieldErrors errors) {
    PodValidation.spec(Field.of(pod, "spec", errors));
    if (old.path("metadata").path("annotations").has("kubernetes.io/config.mirror")) {
      errors.forbidden(FieldPath.of(""), "static pods cannot be resized");
      return;
    }
    Field spec = Field.of(pod, "spec", errors);
    JsonNode before = old.path("spec");
    String quality = old.path("status").path("qosClass").asText("");
    String was = quality.isEmpty() ? QualityOfService.of(before) : quality;
    if (!was.equals(QualityOfService.of(spec.json()))) {
      errors.invalid(spec.path(), quality, "Pod QOS Class may not change as a result of resizing");
    }
    if (!sameContainers(spec, before)) {
      return;
    }
    kept(spec, before);
    changes(spec, before);
  }

  private static boolean sameContainers(Field spec, JsonNode before) {
    boolean same = true;
    for (String list : new String[] {"containers", "initContainers"}) {
      Field containers = spec.child(list);
      if (containers.json().size() != before.path(list).size()) {
        containers.forbidden(list + " may not be added or removed on resize");
        same = false;
        continue;
      }
      for (int i = 0; i < containers.items().size(); i++) {
        Field container = containers.items().get(i);
        if (!container.text("name").equals(before.path(list).path(i).path("name").asText())) {
          container.child("name").forbidden(list + " may not be renamed or reordered on resize");
          same = false;
        }
      }
    }
    return same;
  }

  private static boolean isSidecar(JsonNode container) {
    return container.path("restartPolicy").asText("").equals("Always");
  }

  private static void kept(Field spec, JsonNode before) {
    for (String list : new String[] {"initContainers", "containers"}) {
      for (int i = 0; i < spec.child(list).items().size(); i++) {
        JsonNode was = before.path(list).path(i);
        if (list.equals("initContainers") && !isSidecar(was)) {
          continue;
        }
        for (String part : new String[] {"requests", "limits"}) {
          Field now = spec.child(list).items().get(i).child("resources").child(part);
          for (var entry : was.path("resources").path(part).properties()) {
            if (!now.json().has(entry.getKey())) {
              now.forbidden("resource " + part + " cannot be removed");
              break;
            }
          }
        }
      }
    }
  }

  private static void changes(Field spec, JsonNode before) {
    if (!(spec.json() instanceof ObjectNode now) || !(before instanceof ObjectNode was)) {
      return;
    }
    boolean sound = spec.errors().isEmpty();
    ObjectNode masked = now.deepCopy();
    for (String list : new String[] {"containers", "initContainers"}) {
      for (int i = 0; i < was.path(list).size(); i++) {
        if (!(masked.path(list).get(i) instanceof ObjectNode container)) {
          continue;
        }
        JsonNode old = was.path(list).get(i);
        boolean init = list.equals("initContainers");
        if (!init || isSidecar(container)) {
          mask(container, old);
        }
        if (!Trees.same(container, old)) {
          sound = false;
          spec.forbidden(
              !init
                  ? ONLY
                  : isSidecar(container)
                      ? ONLY + " for sidecar containers"
                      : "resources for non-sidecar init containers are immutable");
        }
      }
    }
    if (sound && !Trees.same(masked, was)) {
      spec.forbidden(ONLY + "\n" + InternalForms.podChange(was, masked));
    }
  }

  private static void mask(ObjectNode container, JsonNode old) {
    JsonNode was = old.path("resources");
    ObjectNode resources =
        container.get("resources") instanceof ObjectNode own
            ? own
            : container.putObject("resources");
    for (String part : new String[] {"requests", "limits"}) {
      if (!was.has(part)) {
        resources.remove(part);
        continue;
      }
      ObjectNode list =
          resources.get(part) instanceof ObjectNode own ? own : resources.putObject(part);
      for (String name : new String[] {"cpu", "memory"}) {
        if (was.path(part).has(name)) {
          list.set(name, was.path(part).get(name));
        } else {
          list.remove(name);
        }
      }
    }
    if (!old.has("resources") && resources.isEmpty()) {
      container.remove("resources");
    }
  }
}
