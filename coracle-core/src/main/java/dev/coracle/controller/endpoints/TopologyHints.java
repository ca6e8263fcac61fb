package dev.coracle.controller.endpoints;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.controller.Conditions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which zone's traffic each endpoint gets, for Services with {@code
 * service.kubernetes.io/topology-mode: Auto}: their own, but so many go to zones that have more of
 * the nodes' CPUs than of the endpoints that no zone's are overloaded by more than a fifth
 * (KEP-2433). Pure.
 *
 * @param zones for each endpoint; empty when there can be no hints
 * @param obstacle why there are none; null when there are
 */
record TopologyHints(List<String> zones, @Nullable String obstacle) {

  private static final double OVERLOAD = 0.2;
  private static final String ZONE = "topology.kubernetes.io/zone";

  /** Whether a Service asks for them. */
  static boolean wanted(KubeObject service) {
    var annotations = service.at("metadata", "annotations");
    String older = "service.kubernetes.io/topology-aware-hints";
    String value =
        annotations
            .path(annotations.has(older) ? older : "service.kubernetes.io/topology-mode")
            .asText("");
    return value.equals("Auto") || value.equals("auto");
  }

  /**
   * @param own the zone of each ready endpoint; empty when unknown
   */
  static TopologyHints of(Collection<KubeObject> nodes, List<String> own) {
    Map<String, Double> shares = shares(nodes);
    if (shares.isEmpty()) {
      return none(
          "Insufficient Node information: allocatable CPU or zone not specified on one or more"
              + " nodes");
    }
    String counts = " (" + own.size() + " endpoints, " + shares.size() + " zones)";
    if (shares.size() > own.size()) {
      return none("Insufficient number of endpoints" + counts);
    }
    Map<String, Double> desired = new TreeMap<>();
    int least = 0;
    for (Map.Entry<String, Double> share : shares.entrySet()) {
      double exact = share.getValue() * own.size();
      int minimum = (int) Math.ceil(exact / (1 + OVERLOAD));
      least += minimum;
      desired.put(share.getKey(), Math.max(exact, minimum));
    }
    if (least > own.size()) {
      return none(
          "Unable to allocate minimum required endpoints to each zone without exceeding overload"
              + " threshold"
              + counts);
    }
    if (own.contains("")) {
      return none("One or more endpoints do not have a zone specified");
    }
    return new TopologyHints(distributed(own, desired), null);
  }

  private static TopologyHints none(String obstacle) {
    return new TopologyHints(List.of(), obstacle);
  }

  /** What part of the ready nodes' CPUs each zone has; empty when that is not known of all. */
  private static Map<String, Double> shares(Collection<KubeObject> nodes) {
    Map<String, Double> shares = new TreeMap<>();
    double total = 0;
    for (KubeObject node : nodes) {
      Map<String, String> labels = node.labels();
      if (labels.containsKey("node-role.kubernetes.io/control-plane")
          || labels.containsKey("node-role.kubernetes.io/master")
          || !Conditions.isTrue(node.at("status", "conditions"), "Ready")) {
        continue;
      }
      String zone = labels.getOrDefault(ZONE, "");
      var text = node.at("status", "allocatable", "cpu");
      double cpu = text.isValueNode() && !text.isNull() ? Quantity.of(text).milliValue() : 0;
      if (zone.isEmpty() || cpu == 0) {
        return Map.of();
      }
      total += cpu;
      shares.merge(zone, cpu, Double::sum);
    }
    double all = total;
    shares.replaceAll((zone, cpu) -> cpu / all);
    return shares.size() < 2 ? Map.of() : shares;
  }

  private static List<String> distributed(List<String> own, Map<String, Double> desired) {
    Map<String, Double> surplus = new TreeMap<>();
    desired.forEach((zone, wanted) -> surplus.put(zone, -wanted));
    own.forEach(zone -> surplus.computeIfPresent(zone, (name, count) -> count + 1));
    List<String> zones = new ArrayList<>(own);
    while (true) {
      String giving = extreme(surplus, 1);
      String receiving = extreme(surplus, -1);
      double give = surplus.getOrDefault(giving, 0.0);
      double receive = -surplus.getOrDefault(receiving, 0.0);
      if (give < 0.5 || receive < 0.5 || (give < 1 && receive < 1)) {
        return zones;
      }
      zones.set(zones.lastIndexOf(giving), receiving);
      surplus.merge(giving, -1.0, Double::sum);
      surplus.merge(receiving, 1.0, Double::sum);
    }
  }

  /** The zone with the most (1) or the least (-1). */
  private static String extreme(Map<String, Double> surplus, int sign) {
    String found = "";
    double most = 0;
    for (Map.Entry<String, Double> zone : surplus.entrySet()) {
      if (sign * zone.getValue() > most) {
        most = sign * zone.getValue();
        found = zone.getKey();
      }
    }
    return found;
  }
}
