package dev.coracle.schema.validation.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.Map;
import java.util.TreeMap;

/**
 * A Pod's class of service: Guaranteed when every container has limits of CPU and memory that equal
 * its requests, BestEffort when none has either, else Burstable.
 */
public final class QualityOfService {

  private QualityOfService() {}

  public static String of(JsonNode spec) {
    JsonNode own = spec.path("resources");
    if (!own.path("requests").isEmpty() || !own.path("limits").isEmpty()) {
      return isGuaranteed(own) ? "Guaranteed" : "Burstable";
    }
    boolean any = false;
    boolean guaranteed = true;
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : spec.path(list)) {
        JsonNode resources = container.path("resources");
        any |= !counted(resources.path("requests")).isEmpty();
        any |= !counted(resources.path("limits")).isEmpty();
        guaranteed &= isGuaranteed(resources);
      }
    }
    if (!any) {
      return "BestEffort";
    }
    return guaranteed ? "Guaranteed" : "Burstable";
  }

  private static boolean isGuaranteed(JsonNode resources) {
    Map<String, Quantity> limits = counted(resources.path("limits"));
    Map<String, Quantity> requests = counted(resources.path("requests"));
    if (limits.size() != 2) {
      return false;
    }
    for (Map.Entry<String, Quantity> limit : limits.entrySet()) {
      Quantity request = requests.getOrDefault(limit.getKey(), limit.getValue());
      if (request.compareTo(limit.getValue()) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, Quantity> counted(JsonNode list) {
    Map<String, Quantity> counted = new TreeMap<>();
    for (String name : new String[] {"cpu", "memory"}) {
      JsonNode value = list.path(name);
      if (value.isValueNode() && !value.isNull()) {
        try {
          Quantity quantity = Quantity.of(value);
          if (quantity.signum() > 0) {
            counted.put(name, quantity);
          }
        } catch (IllegalArgumentException e) {
          // Validation says so; it does not count here.
          continue;
        }
      }
    }
    return counted;
  }
}
