package dev.coracle.scheduler.framework;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.storage.PodClaims;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Pod with what scheduling asks of it, read once. */
public final class PodInfo {

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
  private final String uid;
  private final String namespace;
  private final Map<String, String> labels;
  private final boolean deleting;
  private final int priority;
  private final Resources requests;
  private final Resources scoringRequests;
  private final List<HostPort> ports;
  private final List<PodClaims.Use> claims;
  private final Likeness likeness;

  private PodInfo(KubeObject pod) {
    this.pod = pod;
    this.uid = pod.uid();
    this.namespace = pod.namespace();
    this.labels = pod.labels();
    this.deleting = pod.isDeleting();
    JsonNode spec = pod.at("spec");
    this.priority = spec.path("priority").asInt(0);
    JsonNode status =
        spec.path("nodeName").asText("").isEmpty() ? MissingNode.getInstance() : pod.at("status");
    this.requests = PodRequests.of(spec, status);
    this.scoringRequests = PodRequests.guessed(spec, status, requests);
    this.ports = ports(spec);
    this.claims = spec.path("volumes").isEmpty() ? List.of() : List.copyOf(PodClaims.of(pod));
    boolean terms = !spec.path("affinity").isMissingNode();
    this.likeness =
        new Likeness(
            namespace,
            labels,
            terms ? PodTerm.required(pod, "podAffinity") : List.of(),
            terms ? PodTerm.required(pod, "podAntiAffinity") : List.of(),
            terms ? PodTerm.preferred(pod) : List.of());
  }

  private PodInfo(PodInfo same, KubeObject pod) {
    this.pod = pod;
    this.uid = same.uid;
    this.namespace = same.namespace;
    this.labels = same.labels;
    this.deleting = same.deleting;
    this.priority = same.priority;
    this.requests = same.requests;
    this.scoringRequests = same.scoringRequests;
    this.ports = same.ports;
    this.claims = same.claims;
    this.likeness = same.likeness;
  }

  public static PodInfo of(KubeObject pod) {
    return new PodInfo(pod);
  }

  /** The same, as it is shown now, if nothing changed that scheduling asks for; otherwise null. */
  public @Nullable PodInfo shownAs(KubeObject now) {
    // generation 1: no resize can be under way, so that what it asks for stands in its spec alone
    boolean same =
        now.generation() == 1
            && pod.generation() == 1
            && deleting == now.isDeleting()
            && labels.equals(now.labels());
    return same ? new PodInfo(this, now) : null;
  }

  public KubeObject pod() {
    return pod;
  }

  /** Parsed anew when memory is short: keep it where it is read often. */
  public JsonNode spec() {
    return pod.at("spec");
  }

  public String uid() {
    return uid;
  }

  public String namespace() {
    return namespace;
  }

  public Map<String, String> labels() {
    return labels;
  }

  public boolean isDeleting() {
    return deleting;
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

  /** The claims of its volumes. */
  public List<PodClaims.Use> claims() {
    return claims;
  }

  /** What Pod affinity sees of it. */
  public Likeness likeness() {
    return likeness;
  }

  /** The Pods it must be near to. */
  public List<PodTerm> affinity() {
    return likeness.affinity();
  }

  /** The Pods it must be far from. */
  public List<PodTerm> antiAffinity() {
    return likeness.antiAffinity();
  }

  /** The Pods it wants to be near to (weight above 0) and far from (below 0). */
  public List<PodTerm> preferred() {
    return likeness.preferred();
  }

  /** Whether it asks for anything of other Pods, or avoids them. */
  public boolean hasTerms() {
    return !affinity().isEmpty() || !antiAffinity().isEmpty() || !preferred().isEmpty();
  }

  public int priority() {
    return priority;
  }

  private static List<HostPort> ports(JsonNode spec) {
    List<HostPort> ports = new ArrayList<>();
    for (JsonNode container : spec.path("containers")) {
      add(container, ports);
    }
    for (JsonNode container : spec.path("initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        add(container, ports);
      }
    }
    return List.copyOf(ports);
  }

  private static void add(JsonNode container, List<HostPort> ports) {
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
