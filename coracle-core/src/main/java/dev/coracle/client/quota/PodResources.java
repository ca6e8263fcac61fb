package dev.coracle.client.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a whole Pod asks for: its containers together or the largest init container, whichever is
 * more, with sidecars (KEP-753) and overhead; resources of the Pod itself go before (KEP-2837).
 */
public final class PodResources {

  private PodResources() {}

  /** By resource name. */
  public static Map<String, Quantity> requests(JsonNode spec) {
    return total(spec, "requests");
  }

  /** By resource name. */
  public static Map<String, Quantity> limits(JsonNode spec) {
    return total(spec, "limits");
  }

  private static Map<String, Quantity> total(JsonNode spec, String side) {
    Map<String, Quantity> sum = new TreeMap<>();
    spec.path("containers").forEach(container -> add(sum, of(container, side)));
    Map<String, Quantity> sidecars = new TreeMap<>();
    Map<String, Quantity> largest = new TreeMap<>();
    for (JsonNode container : spec.path("initContainers")) {
      Map<String, Quantity> own = of(container, side);
      if (container.path("restartPolicy").asText().equals("Always")) {
        add(sum, own);
        add(sidecars, own);
        raise(largest, sidecars);
      } else {
        add(own, sidecars);
        raise(largest, own);
      }
    }
    raise(sum, largest);
    sum.putAll(read(spec.path("resources").path(side)));
    boolean limits = side.equals("limits");
    read(spec.path("overhead"))
        .forEach(
            (name, value) -> {
              if (!limits || sum.containsKey(name)) {
                sum.merge(name, value, Quantity::plus);
              }
            });
    return sum;
  }

  private static Map<String, Quantity> of(JsonNode container, String side) {
    return read(container.path("resources").path(side));
  }

  /** A resource list. */
  public static Map<String, Quantity> read(JsonNode list) {
    Map<String, Quantity> quantities = new TreeMap<>();
    list.properties().forEach(e -> quantities.put(e.getKey(), Quantity.of(e.getValue())));
    return quantities;
  }

  private static void add(Map<String, Quantity> to, Map<String, Quantity> more) {
    more.forEach((name, value) -> to.merge(name, value, Quantity::plus));
  }

  private static void raise(Map<String, Quantity> to, Map<String, Quantity> other) {
    other.forEach((name, value) -> to.merge(name, value, Quantity::max));
  }
}
