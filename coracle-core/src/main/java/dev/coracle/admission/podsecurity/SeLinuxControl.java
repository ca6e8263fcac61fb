package dev.coracle.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Baseline: SELinux options. */
final class SeLinuxControl {

  private static final Set<String> TYPES =
      Set.of("", "container_t", "container_init_t", "container_kvm_t");

  private final CheckedPod pod;

  private SeLinuxControl(CheckedPod pod) {
    this.pod = pod;
  }

  static void check(CheckedPod pod) {
    new SeLinuxControl(pod).check();
  }

  private void check() {
    List<JsonNode> forbidden = pod.contexts(this::isForbidden);
    if (forbidden.isEmpty()) {
      return;
    }
    Set<String> types = new TreeSet<>();
    boolean user = false;
    boolean role = false;
    for (JsonNode context : forbidden) {
      if (!isAllowedType(option(context, "type"))) {
        types.add(option(context, "type"));
      }
      user |= !option(context, "user").isEmpty();
      role |= !option(context, "role").isEmpty();
    }
    List<String> details = new ArrayList<>();
    if (!types.isEmpty()) {
      details.add((types.size() == 1 ? "type " : "types ") + CheckedPod.quoted(types));
    }
    if (user) {
      details.add("user may not be set");
    }
    if (role) {
      details.add("role may not be set");
    }
    pod.add(
        "seLinuxOptions",
        pod.whose(this::isForbidden)
            + " set forbidden securityContext.seLinuxOptions: "
            + String.join("; ", details));
  }

  private boolean isForbidden(JsonNode context) {
    return !isAllowedType(option(context, "type"))
        || !option(context, "user").isEmpty()
        || !option(context, "role").isEmpty();
  }

  private boolean isAllowedType(String type) {
    return TYPES.contains(type) || (pod.since(31) && type.equals("container_engine_t"));
  }

  private static String option(JsonNode context, String name) {
    return context.path("seLinuxOptions").path(name).asText("");
  }
}
