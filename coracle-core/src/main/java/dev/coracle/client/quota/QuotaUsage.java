package dev.coracle.client.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What one object uses, by the names that a quota's {@code hard} has. */
public final class QuotaUsage {

  private static final String COUNT = "count/";
  private static final String STORAGE_CLASS = ".storageclass.storage.k8s.io/";
  private static final Set<String> COUNTED_BY_NAME =
      Set.of("configmaps", "secrets", "resourcequotas", "replicationcontrollers");
  private static final Set<String> COMPUTE = Set.of("cpu", "memory", "ephemeral-storage");

  /** What a quota can demand of each container. */
  private static final Set<String> DEMANDABLE =
      Set.of("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory");

  private QuotaUsage() {}

  /**
   * The resource whose objects a name of a quota counts, with its group as in {@code
   * deployments.apps}; null for a name of no meaning.
   */
  public static @Nullable String resourceOf(String name) {
    if (name.startsWith(COUNT)) {
      return name.substring(COUNT.length());
    }
    if (COUNTED_BY_NAME.contains(name)) {
      return name;
    }
    if (name.equals("services") || name.startsWith("services.")) {
      return "services";
    }
    if (name.equals("persistentvolumeclaims")
        || name.equals("requests.storage")
        || name.contains(STORAGE_CLASS)) {
      return "persistentvolumeclaims";
    }
    boolean ofPods =
        name.equals("pods")
            || COMPUTE.contains(name)
            || name.startsWith("requests.")
            || name.startsWith("limits.")
            || name.startsWith("hugepages-");
    return ofPods ? "pods" : null;
  }

  /** The usage of one object; names that no quota has are there as well. */
  public static Map<String, Quantity> of(GroupVersionResource resource, JsonNode object) {
    Map<String, Quantity> usage = new TreeMap<>();
    Quantity one = Quantity.of(1);
    usage.put(COUNT + resource.qualified(), one);
    if (!resource.group().isEmpty()) {
      return usage;
    }
    switch (resource.resource()) {
      case "pods" -> pod(object, usage);
      case "services" -> service(object.path("spec"), usage);
      case "persistentvolumeclaims" -> claim(object, usage);
      default -> {
        if (COUNTED_BY_NAME.contains(resource.resource())) {
          usage.put(resource.resource(), one);
        }
      }
    }
    return usage;
  }

  private static void pod(JsonNode pod, Map<String, Quantity> usage) {
    String phase = pod.path("status").path("phase").asText("");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return;
    }
    usage.put("pods", Quantity.of(1));
    compute(PodResources.requests(pod.path("spec")), PodResources.limits(pod.path("spec")), usage);
  }

  private static void compute(
      Map<String, Quantity> requests, Map<String, Quantity> limits, Map<String, Quantity> usage) {
    requests.forEach(
        (name, value) -> {
          if (COMPUTE.contains(name) || name.startsWith("hugepages-")) {
            usage.put(name, value);
            usage.put("requests." + name, value);
          } else if (name.contains("/")) {
            usage.put("requests." + name, value);
          }
        });
    limits.forEach(
        (name, value) -> {
          if (COMPUTE.contains(name)) {
            usage.put("limits." + name, value);
          }
        });
  }

  private static void service(JsonNode spec, Map<String, Quantity> usage) {
    Quantity one = Quantity.of(1);
    usage.put("services", one);
    Quantity ports = Quantity.of(spec.path("ports").size());
    switch (spec.path("type").asText("")) {
      case "NodePort" -> usage.put("services.nodeports", ports);
      case "LoadBalancer" -> {
        usage.put("services.loadbalancers", one);
        if (spec.path("allocateLoadBalancerNodePorts").asBoolean(true)) {
          usage.put("services.nodeports", ports);
        } else {
          long chosen = 0;
          for (JsonNode port : spec.path("ports")) {
            chosen += port.path("nodePort").asInt() == 0 ? 0 : 1;
          }
          usage.put("services.nodeports", Quantity.of(chosen));
        }
      }
      default -> {
        // Neither a node port nor a balancer.
      }
    }
  }

  private static void claim(JsonNode claim, Map<String, Quantity> usage) {
    Quantity one = Quantity.of(1);
    usage.put("persistentvolumeclaims", one);
    JsonNode spec = claim.path("spec");
    String storageClass =
        claim
            .path("metadata")
            .path("annotations")
            .path("volume.beta.kubernetes.io/storage-class")
            .asText(spec.path("storageClassName").asText(""));
    if (!storageClass.isEmpty()) {
      usage.put(storageClass + STORAGE_CLASS + "persistentvolumeclaims", one);
    }
    JsonNode requested = spec.path("resources").path("requests").path("storage");
    if (!requested.isMissingNode()) {
      Quantity storage = Quantity.of(requested);
      // an expansion that was taken back counts until its volume is sure not to have grown
      JsonNode allocated = claim.path("status").path("allocatedResources").path("storage");
      if (!allocated.isMissingNode()) {
        storage = storage.max(Quantity.of(allocated));
      }
      usage.put("requests.storage", storage);
      if (!storageClass.isEmpty()) {
        usage.put(storageClass + STORAGE_CLASS + "requests.storage", storage);
      }
    }
  }

  /**
   * What the containers of a Pod leave open although a quota counts it.
   *
   * @return such as {@code limits.cpu for: a,b; limits.memory for: a}; empty when nothing is
   *     missing
   */
  public static String missing(Set<String> hard, JsonNode podSpec) {
    Map<String, Set<String>> missing = new TreeMap<>();
    List<JsonNode> containers = new ArrayList<>();
    podSpec.path("containers").forEach(containers::add);
    podSpec.path("initContainers").forEach(containers::add);
    for (JsonNode container : containers) {
      Map<String, Quantity> there = new TreeMap<>();
      JsonNode resources = container.path("resources");
      JsonNode ofPod = podSpec.path("resources");
      Map<String, Quantity> requests = PodResources.read(ofPod.path("requests"));
      requests.putAll(PodResources.read(resources.path("requests")));
      Map<String, Quantity> limits = PodResources.read(ofPod.path("limits"));
      limits.putAll(PodResources.read(resources.path("limits")));
      compute(requests, limits, there);
      for (String name : hard) {
        if (DEMANDABLE.contains(name) && !there.containsKey(name)) {
          missing
              .computeIfAbsent(name, any -> new TreeSet<>())
              .add(container.path("name").asText());
        }
      }
    }
    List<String> parts = new ArrayList<>();
    missing.forEach((name, of) -> parts.add(name + " for: " + String.join(",", of)));
    return String.join("; ", parts);
  }
}
