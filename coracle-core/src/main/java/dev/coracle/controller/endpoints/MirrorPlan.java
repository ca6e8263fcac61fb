package dev.coracle.controller.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Cidr;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Trees;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The EndpointSlices that show a user's Endpoints: one for each set of ports and each address
 * family. Pure.
 */
final class MirrorPlan {

  static final String MANAGER = "endpointslicemirroring-controller.k8s.io";
  static final int MOST_ADDRESSES = 1000;
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  /** What makes a slice a slice of its own. */
  private record Kind(String family, ArrayNode ports) {}

  final List<ObjectNode> create = new ArrayList<>();
  final List<ObjectNode> update = new ArrayList<>();
  final List<KubeObject> delete = new ArrayList<>();

  /** How many addresses are none. */
  int invalid;

  /** How many addresses are too many. */
  int tooMany;

  /**
   * @param existing the slices that mirror the Endpoints now
   */
  MirrorPlan(KubeObject endpoints, List<KubeObject> existing) {
    List<KubeObject> left = new ArrayList<>(existing);
    wanted(endpoints)
        .forEach(
            (kind, content) -> {
              ObjectNode fresh = slice(endpoints, kind, content.values());
              KubeObject known =
                  left.stream().filter(slice -> isOf(slice, kind)).findFirst().orElse(null);
              if (known == null) {
                fresh.withObject("/metadata").put("generateName", endpoints.name() + "-");
                create.add(fresh);
                return;
              }
              left.remove(known);
              ObjectNode tree = known.mutableTree();
              for (String field : new String[] {"labels", "annotations", "ownerReferences"}) {
                put(tree.withObject("/metadata"), field, fresh.path("metadata").path(field));
              }
              tree.set("endpoints", fresh.path("endpoints"));
              if (!Trees.same(tree, known.tree())) {
                update.add(tree);
              }
            });
    delete.addAll(left);
  }

  private static void put(ObjectNode metadata, String field, JsonNode value) {
    if (value.isEmpty()) {
      metadata.remove(field);
    } else {
      metadata.set(field, value);
    }
  }

  private static boolean isOf(KubeObject slice, Kind kind) {
    return slice.text("addressType").equals(kind.family())
        && Trees.same(slice.at("ports"), kind.ports());
  }

  /** Whether Endpoints are to be mirrored at all. */
  static boolean mirrors(KubeObject endpoints) {
    return !"true".equals(endpoints.labels().get("endpointslice.kubernetes.io/skip-mirror"))
        && !endpoints.at("metadata", "annotations").has("control-plane.alpha.kubernetes.io/leader");
  }

  private Map<Kind, Map<String, ObjectNode>> wanted(KubeObject endpoints) {
    Map<Kind, Map<String, ObjectNode>> wanted = new LinkedHashMap<>();
    for (JsonNode subset : endpoints.at("subsets")) {
      ArrayNode ports = ports(subset.path("ports"));
      int added = 0;
      for (String field : new String[] {"addresses", "notReadyAddresses"}) {
        for (JsonNode address : subset.path(field)) {
          if (added >= MOST_ADDRESSES) {
            tooMany++;
            continue;
          }
          InetAddress ip = parse(address.path("ip").asText());
          if (ip == null) {
            invalid++;
            continue;
          }
          added++;
          String family = ip instanceof Inet6Address ? "IPv6" : "IPv4";
          wanted
              .computeIfAbsent(new Kind(family, ports), kind -> new LinkedHashMap<>())
              .put(
                  Cidr.text(ip.getAddress()) + "/" + address.path("targetRef").path("uid").asText(),
                  endpoint(address, ip, field.equals("addresses")));
        }
      }
    }
    return wanted;
  }

  private static @Nullable InetAddress parse(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static ArrayNode ports(JsonNode ports) {
    ArrayNode list = Json.array();
    for (JsonNode port : ports) {
      ObjectNode entry =
          list.addObject()
              .put("name", port.path("name").asText(""))
              .put("protocol", port.path("protocol").asText("TCP"))
              .put("port", port.path("port").asInt());
      if (port.has("appProtocol")) {
        entry.set("appProtocol", port.path("appProtocol"));
      }
    }
    return list;
  }

  private static ObjectNode endpoint(JsonNode address, InetAddress ip, boolean ready) {
    ObjectNode endpoint = Json.object();
    endpoint.putArray("addresses").add(Cidr.text(ip.getAddress()));
    endpoint.putObject("conditions").put("ready", ready);
    for (String field : new String[] {"hostname", "targetRef", "nodeName"}) {
      if (address.hasNonNull(field)) {
        endpoint.set(field, address.path(field));
      }
    }
    return endpoint;
  }

  private static ObjectNode slice(KubeObject endpoints, Kind kind, Iterable<ObjectNode> content) {
    ObjectNode tree =
        Json.object().put("kind", "EndpointSlice").put("apiVersion", "discovery.k8s.io/v1");
    ObjectNode metadata = tree.putObject("metadata").put("namespace", endpoints.namespace());
    ObjectNode labels = metadata.putObject("labels");
    endpoints.labels().forEach(labels::put);
    labels.put(SlicePlan.SERVICE_LABEL, endpoints.name()).put(SlicePlan.MANAGED_BY, MANAGER);
    ObjectNode annotations = Json.object();
    endpoints
        .at("metadata", "annotations")
        .properties()
        .forEach(entry -> annotations.set(entry.getKey(), entry.getValue()));
    annotations.remove(List.of(LAST_APPLIED, TriggerTimes.ANNOTATION));
    put(metadata, "annotations", annotations);
    metadata.putArray("ownerReferences").add(Owners.controllerRef(endpoints));
    tree.put("addressType", kind.family());
    ArrayNode array = tree.putArray("endpoints");
    content.forEach(array::add);
    tree.set("ports", kind.ports());
    return tree;
  }
}
