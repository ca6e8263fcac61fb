package dev.coracle.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Baseline: AppArmor profiles, as fields and as the annotations of old. */
final class AppArmorControl {

  private static final String ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

  private AppArmorControl() {}

  static void check(CheckedPod pod) {
    List<String> forbidden = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    pod.contexts(AppArmorControl::isForbidden).forEach(context -> types.add(profile(context)));
    if (!types.isEmpty()) {
      forbidden.add(
          pod.whose(AppArmorControl::isForbidden)
              + " must not set AppArmor profile type to "
              + CheckedPod.quoted(types));
    }
    Set<String> annotated = new TreeSet<>();
    for (Map.Entry<String, JsonNode> each : pod.annotations().properties()) {
      String value = each.getValue().asText();
      if (each.getKey().startsWith(ANNOTATION) && isForbiddenAnnotation(value)) {
        annotated.add(each.getKey() + "=\"" + value + '"');
      }
    }
    forbidden.addAll(annotated);
    if (!forbidden.isEmpty()) {
      pod.add(
          "forbidden AppArmor profile" + (forbidden.size() == 1 ? "" : "s"),
          String.join(", ", forbidden));
    }
  }

  private static String profile(JsonNode context) {
    return context.path("appArmorProfile").path("type").asText("");
  }

  private static boolean isForbidden(JsonNode context) {
    return !Set.of("", "RuntimeDefault", "Localhost").contains(profile(context));
  }

  private static boolean isForbiddenAnnotation(String value) {
    return !value.isEmpty() && !value.equals("runtime/default") && !value.startsWith("localhost/");
  }
}
