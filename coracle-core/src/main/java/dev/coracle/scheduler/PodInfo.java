package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A Pod with what scheduling asks of it, read once. */
public final class PodInfo {

  private static final long DEFAULT_CPU = 100;
  private static final long DEFAULT_MEMORY = 200L << 20;

  /**
   * A port that a Pod takes on its node.
   *
   * @param ip {@code 0.0.0.0} for every address
   */
  public record HostPort(String ip, String protocol, int port) {

    public boolean conflicts(HostPort that) {
      return port == that.port
          && protocol.equals(that.protocol)
          && (ip.equals(that.ip) || ip.equals("0.0.0.0") || that.ip.equals("0.0.0.0"));
    }
  }

  private final KubeObject pod;
  private final Resources requests;
  private final Resources scoringRequests;
  private final List<HostPort> ports;
  private final List<PodTerm> affinity;
  private final List<PodTerm> antiAffinity;

  private PodInfo(KubeObject pod) {
    this.pod = pod;
    JsonNode spec = pod.at("spec");
    Map<String, JsonNode> given = given(pod.at("status"));
    boolean infeasible = isResizeInfeasible(pod.at("status"));
    this.requests = requests(spec, container -> request(container, given, infeasible, false));
    this.scoringRequests = requests(spec, container -> request(container, given, infeasible, true));
    this.ports = ports(spec);
    this.affinity = PodTerm.required(pod, "podAffinity");
    this.antiAffinity = PodTerm.required(pod, "podAntiAffinity");
  }

  public static PodInfo of(KubeObject pod) {
    return new PodInfo(pod);
  }

  public KubeObject pod() {
    return pod;
  }

  public JsonNode spec() {
    return pod.at("spec");
  }

  public String uid() {
    return pod.uid();
  }

  /** What it needs. */
  public Resources requests() {
    return requests;
  }

  /** What it needs, with a guess for containers that do not say (100m, 200Mi). */
  public Resources scoringRequests() {
    return scoringRequests;
  }

  public List<HostPort> ports() {
    return ports;
  }

  /** The Pods it must be near to. */
  public List<PodTerm> affinity() {
    return affinity;
  }

  /** The Pods it must be far from. */
  public List<PodTerm> antiAffinity() {
    return antiAffinity;
  }

  public int priority() {
    return spec().path("priority").asInt(0);
  }

  /** Containers run together, init containers one after the other, beside sidecars before them. */
  private static Resources requests(JsonNode spec, Function<JsonNode, Resources> request) {
    Resources together = Resources.NONE;
    for (JsonNode container : spec.path("containers")) {
      together = together.plus(request.apply(container));
    }
    Resources sidecars = Resources.NONE;
    Resources most = Resources.NONE;
    for (JsonNode container : spec.path("initContainers")) {
      Resources one = request.apply(container);
      if (container.path("restartPolicy").asText().equals("Always")) {
        sidecars = sidecars.plus(one);
        most = most.max(sidecars);
      } else {
        most = most.max(sidecars.plus(one));
      }
    }
    Resources total = together.plus(sidecars).max(most);
    JsonNode podLevel = spec.path("resources").path("requests");
    if (podLevel.isObject()) {
      Resources said = Resources.of(podLevel);
      total =
          new Resources(
              podLevel.has("cpu") ? said.cpu() : total.cpu(),
              podLevel.has("memory") ? said.memory() : total.memory(),
              total.storage(),
              total.other());
    }
    return spec.path("overhead").isObject()
        ? total.plus(Resources.of(spec.path("overhead")))
        : total;
  }

  /** What its node has given to the containers of a Pod, by their names. */
  private static Map<String, JsonNode> given(JsonNode status) {
    Map<String, JsonNode> given = new HashMap<>();
    for (String field : new String[] {"containerStatuses", "initContainerStatuses"}) {
      for (JsonNode container : status.path(field)) {
        JsonNode requests = container.path("resources").path("requests");
        if (requests.isObject()) {
          given.put(container.path("name").asText(), requests);
        }
      }
    }
    return given;
  }

  /** Whether its node can never give what the spec wants (KEP-1287). */
  private static boolean isResizeInfeasible(JsonNode status) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals("PodResizePending")) {
        return condition.path("reason").asText().equals("Infeasible");
      }
    }
    return false;
  }

  /** What it wants or has, whichever is more; what it has when it will never get more. */
  private static Resources request(
      JsonNode container, Map<String, JsonNode> given, boolean infeasible, boolean guess) {
    JsonNode has = given.get(container.path("name").asText());
    JsonNode wants = container.path("resources").path("requests");
    JsonNode list = has != null && infeasible ? has : wants;
    Resources said = list.isObject() ? Resources.of(list) : Resources.NONE;
    if (has != null && !infeasible && !has.equals(wants)) {
      said = said.max(Resources.of(has));
    }
    if (!guess) {
      return said;
    }
    return new Resources(
        list.has("cpu") ? said.cpu() : DEFAULT_CPU,
        list.has("memory") ? said.memory() : DEFAULT_MEMORY,
        said.storage(),
        said.other());
  }

  private static List<HostPort> ports(JsonNode spec) {
    List<HostPort> ports = new ArrayList<>();
    for (String field : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : spec.path(field)) {
        if (field.equals("initContainers")
            && !container.path("restartPolicy").asText().equals("Always")) {
          continue;
        }
        for (JsonNode port : container.path("ports")) {
          if (port.path("hostPort").asInt() > 0) {
            String ip = port.path("hostIP").asText("");
            ports.add(
                new HostPort(
                    ip.isEmpty() ? "0.0.0.0" : ip,
                    port.path("protocol").asText("TCP"),
                    port.path("hostPort").asInt()));
          }
        }
      }
    }
    return List.copyOf(ports);
  }
}
