package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

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
    this.requests = requests(spec, false);
    this.scoringRequests = requests(spec, true);
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
  private static Resources requests(JsonNode spec, boolean guess) {
    Resources together = Resources.NONE;
    for (JsonNode container : spec.path("containers")) {
      together = together.plus(request(container, guess));
    }
    Resources sidecars = Resources.NONE;
    Resources most = Resources.NONE;
    for (JsonNode container : spec.path("initContainers")) {
      Resources one = request(container, guess);
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

  private static Resources request(JsonNode container, boolean guess) {
    JsonNode list = container.path("resources").path("requests");
    Resources said = list.isObject() ? Resources.of(list) : Resources.NONE;
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
