package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.client.NodeTerms;
import dev.coracle.client.quota.PodResources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a node has given to its Pods. A Pod that was bound to it by somebody who did not look is
 * rejected here (a kubelet's admission), and one that asks for more in place gets it when there is
 * room (KEP-1287).
 */
public final class NodeAllocations {

  private static final List<String> COUNTED = List.of("cpu", "memory", "ephemeral-storage");

  /** Those of the kernel's settings that belong to one Pod alone. */
  private static final Set<String> SAFE_SYSCTLS =
      Set.of(
          "kernel.shm_rmid_forced",
          "net.ipv4.ip_local_port_range",
          "net.ipv4.tcp_syncookies",
          "net.ipv4.ping_group_range",
          "net.ipv4.ip_unprivileged_port_start",
          "net.ipv4.ip_local_reserved_ports",
          "net.ipv4.tcp_keepalive_time",
          "net.ipv4.tcp_fin_timeout",
          "net.ipv4.tcp_keepalive_intvl",
          "net.ipv4.tcp_keepalive_probes",
          "net.ipv4.tcp_rmem",
          "net.ipv4.tcp_wmem");

  /**
   * Why not.
   *
   * @param reason in one word
   * @param message for people
   */
  public record Refusal(String reason, String message) {}

  /**
   * One Pod's part.
   *
   * @param requests by resource name
   * @param ports of the host, such as {@code TCP/80/0.0.0.0}
   */
  private record Part(Map<String, Quantity> requests, Set<String> ports) {}

  private final Supplier<JsonNode> allocatable;
  private final Map<String, Part> parts = new HashMap<>();
  private final Map<String, Runnable> waiting = new HashMap<>();

  /**
   * @param allocatable the node's resource list
   */
  public NodeAllocations(Supplier<JsonNode> allocatable) {
    this.allocatable = allocatable;
  }

  /** A Pod that runs here already. */
  public synchronized void take(String uid, JsonNode pod) {
    parts.put(uid, part(pod));
  }

  /**
   * A Pod that is new here.
   *
   * @param node what it says now; null when there is none
   * @return null when it may run, and has got its part
   */
  public synchronized @Nullable Refusal admit(KubeObject object, @Nullable KubeObject node) {
    JsonNode pod = object.tree();
    JsonNode spec = pod.path("spec");
    if (!spec.path("nodeSelector").path("kubernetes.io/os").asText("linux").equals("linux")) {
      return new Refusal(
          "PodOSSelectorNodeLabelDoesNotMatch",
          "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label");
    }
    if (!spec.path("os").path("name").asText("linux").equals("linux")) {
      return new Refusal(
          "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
    }
    for (JsonNode sysctl : spec.path("securityContext").path("sysctls")) {
      String name = sysctl.path("name").asText().replace('/', '.');
      if (!SAFE_SYSCTLS.contains(name)) {
        return new Refusal("SysctlForbidden", "forbidden sysctl: \"" + name + "\" not allowlisted");
      }
    }
    Part wanted = part(pod);
    Refusal refusal = lacking(object.uid(), wanted.requests);
    if (refusal != null) {
      return refusal;
    }
    if (!suits(spec, node)) {
      return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    for (Map.Entry<String, Part> other : parts.entrySet()) {
      Set<String> taken = other.getKey().equals(object.uid()) ? Set.of() : other.getValue().ports;
      if (wanted.ports.stream().anyMatch(port -> conflicts(port, taken))) {
        return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
      }
    }
    if (node != null && drivesOut(node, spec.path("tolerations"))) {
      return predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate");
    }
    parts.put(object.uid(), wanted);
    return null;
  }

  /** Of taints a node itself heeds only those that end Pods. */
  private static boolean drivesOut(KubeObject node, JsonNode tolerations) {
    for (JsonNode taint : node.at("spec", "taints")) {
      if (taint.path("effect").asText().equals("NoExecute")
          && !NodeTerms.tolerated(tolerations, taint)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A Pod of this node wants other resources.
   *
   * @param room called once when there may be room after all
   * @return null when it has got them
   */
  synchronized @Nullable Refusal resize(String uid, JsonNode pod, Runnable room) {
    Part wanted = part(pod);
    for (String name : List.of("memory", "cpu")) {
      long capacity = number(name, allocatable.get().path(name));
      long requested = number(name, wanted.requests.get(name));
      if (requested > capacity) {
        return new Refusal(
            "Infeasible",
            "Node didn't have enough capacity: %s, requested: %d, capacity: %d"
                .formatted(name, requested, capacity));
      }
    }
    Refusal refusal = lacking(uid, wanted.requests);
    if (refusal != null) {
      waiting.put(uid, room);
      return new Refusal("Deferred", refusal.message);
    }
    waiting.remove(uid);
    parts.put(uid, wanted);
    tellWaiting();
    return null;
  }

  /** A Pod uses nothing any more. */
  public synchronized void remove(String uid) {
    waiting.remove(uid);
    if (parts.remove(uid) != null) {
      tellWaiting();
    }
  }

  private void tellWaiting() {
    List<Runnable> told = new ArrayList<>(waiting.values());
    waiting.clear();
    told.forEach(Runnable::run);
  }

  private @Nullable Refusal lacking(String uid, Map<String, Quantity> wanted) {
    long most = number("pods", allocatable.get().path("pods"));
    int others = parts.size() - (parts.containsKey(uid) ? 1 : 0);
    if (others + 1 > most) {
      return outOf("pods", 1, others, most);
    }
    for (String name : COUNTED) {
      long requested = number(name, wanted.get(name));
      if (requested == 0) {
        continue;
      }
      long used = 0;
      for (Map.Entry<String, Part> part : parts.entrySet()) {
        used += part.getKey().equals(uid) ? 0 : number(name, part.getValue().requests.get(name));
      }
      long capacity = number(name, allocatable.get().path(name));
      if (requested > capacity - used) {
        return outOf(name, requested, used, capacity);
      }
    }
    return null;
  }

  private static Refusal outOf(String name, long requested, long used, long capacity) {
    return new Refusal(
        "OutOf" + name,
        "Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d"
            .formatted(name, requested, used, capacity));
  }

  private static Refusal predicate(String name, String why) {
    return new Refusal(name, "Predicate " + name + " failed: " + why);
  }

  private static boolean suits(JsonNode spec, @Nullable KubeObject known) {
    JsonNode selector = spec.path("nodeSelector");
    JsonNode required =
        spec.path("affinity")
            .path("nodeAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution");
    if (selector.isEmpty() && !required.isObject()) {
      return true;
    }
    if (known == null) {
      return true;
    }
    Map<String, String> labels = known.labels();
    for (Map.Entry<String, JsonNode> label : selector.properties()) {
      if (!label.getValue().asText().equals(labels.get(label.getKey()))) {
        return false;
      }
    }
    return !required.isObject()
        || NodeTerms.matchAny(required.path("nodeSelectorTerms"), labels, known.name());
  }

  private static Part part(JsonNode pod) {
    JsonNode spec = pod.path("spec");
    Set<String> ports = new HashSet<>();
    for (JsonNode container : spec.path("containers")) {
      for (JsonNode port : container.path("ports")) {
        if (port.path("hostPort").asInt() > 0) {
          String ip = port.path("hostIP").asText("");
          ports.add(
              port.path("protocol").asText("TCP")
                  + "/"
                  + port.path("hostPort").asInt()
                  + "/"
                  + (ip.isEmpty() ? "0.0.0.0" : ip));
        }
      }
    }
    return new Part(PodResources.requests(spec), ports);
  }

  private static boolean conflicts(String port, Set<String> others) {
    String socket = port.substring(0, port.lastIndexOf('/') + 1);
    return others.contains(port)
        || others.contains(socket + "0.0.0.0")
        || (port.endsWith("/0.0.0.0") && others.stream().anyMatch(o -> o.startsWith(socket)));
  }

  private static long number(String name, JsonNode quantity) {
    return quantity.isMissingNode() ? 0 : number(name, Quantity.of(quantity));
  }

  /** As the kubelet counts: thousandths of CPUs, bytes. */
  private static long number(String name, @Nullable Quantity quantity) {
    if (quantity == null) {
      return 0;
    }
    return name.equals("cpu") ? quantity.milliValue() : quantity.longValue();
  }
}
