package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ObjectKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When what made a Service's endpoints change happened, for {@code
 * endpoints.kubernetes.io/last-change-trigger-time}: the earliest change, of the Service or of a
 * Pod's readiness, that was not seen before. Times are in the one form that objects have, of which
 * the later sorts behind the earlier.
 */
final class TriggerTimes {

  static final String ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";

  private record Seen(String service, Map<String, String> pods) {}

  private final Map<ObjectKey, Seen> seen = new ConcurrentHashMap<>();

  /**
   * @return RFC 3339; empty when nothing happened that one can date
   */
  String next(KubeObject service, List<KubeObject> pods) {
    String made = service.creationTimestamp();
    Map<String, String> now = new HashMap<>();
    for (KubeObject pod : pods) {
      JsonNode ready = Conditions.find(pod.at("status", "conditions"), "Ready");
      if (ready != null && ready.hasNonNull("lastTransitionTime")) {
        now.put(pod.name(), ready.path("lastTransitionTime").asText());
      }
    }
    Seen before = seen.put(ObjectKey.of(service), new Seen(made, now));
    if (before == null) {
      return made;
    }
    String earliest = made.compareTo(before.service()) > 0 ? made : "";
    for (Map.Entry<String, String> pod : now.entrySet()) {
      String known = before.pods().getOrDefault(pod.getKey(), "");
      if (pod.getValue().compareTo(known) > 0
          && (earliest.isEmpty() || pod.getValue().compareTo(earliest) < 0)) {
        earliest = pod.getValue();
      }
    }
    return earliest;
  }

  void forget(ObjectKey service) {
    seen.remove(service);
  }
}
