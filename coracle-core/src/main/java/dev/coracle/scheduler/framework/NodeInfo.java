package dev.coracle.scheduler.framework;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node with the Pods on it, real and assumed. Not thread-safe: the cluster state guards it. */
public final class NodeInfo {

  private static final int COUNTS_KEPT = 64;

  private final String name;
  private final Map<String, PodInfo> pods = new LinkedHashMap<>();
  private @Nullable KubeObject node;
  private Resources allocatable = Resources.NONE;
  private JsonNode taints = MissingNode.getInstance();
  private boolean cordoned;
  private int podLimit;
  private Resources requested = Resources.NONE;
  private Resources scoringRequested = Resources.NONE;
  private Map<String, String> labels = Map.of();
  private Map<String, Long> images = Map.of();
  private @Nullable IdentityHashMap<LabelSelector, Count> counts;
  private int withTerms;
  private int withAntiAffinity;
  private int withPorts;

  /** How many Pods of a namespace a selector is about. */
  private static final class Count {
    private final String namespace;
    private int pods;

    Count(String namespace) {
      this.namespace = namespace;
    }

    void add(PodInfo pod, LabelSelector selector, int sign) {
      if (!pod.isDeleting()
          && pod.namespace().equals(namespace)
          && selector.matches(pod.labels())) {
        pods += sign;
      }
    }
  }

  public NodeInfo(String name) {
    this.name = name;
  }

  /** A copy to try things on. */
  public NodeInfo copy() {
    NodeInfo copy = new NodeInfo(name);
    copy.node = node;
    copy.allocatable = allocatable;
    copy.taints = taints;
    copy.cordoned = cordoned;
    copy.podLimit = podLimit;
    copy.requested = requested;
    copy.scoringRequested = scoringRequested;
    copy.labels = labels;
    copy.images = images;
    copy.withTerms = withTerms;
    copy.withAntiAffinity = withAntiAffinity;
    copy.withPorts = withPorts;
    copy.pods.putAll(pods);
    return copy;
  }

  public void node(@Nullable KubeObject newNode) {
    node = newNode;
    JsonNode list =
        newNode == null ? MissingNode.getInstance() : newNode.at("status", "allocatable");
    allocatable = Resources.of(list);
    podLimit = list.path("pods").asInt();
    taints = newNode == null ? MissingNode.getInstance() : newNode.at("spec", "taints");
    cordoned = newNode != null && newNode.at("spec", "unschedulable").asBoolean();
    // a HashMap finds a label several times as fast as the compact map of the object
    labels = newNode == null ? Map.of() : new HashMap<>(newNode.labels());
    images = newNode == null ? Map.of() : images(newNode);
  }

  private static Map<String, Long> images(KubeObject node) {
    Map<String, Long> images = new HashMap<>();
    for (JsonNode image : node.at("status", "images")) {
      for (JsonNode name : image.path("names")) {
        images.put(name.asText(), image.path("sizeBytes").asLong());
      }
    }
    return images.isEmpty() ? Map.of() : images;
  }

  public String name() {
    return name;
  }

  /** Null while only its Pods are known. */
  public @Nullable KubeObject node() {
    return node;
  }

  public Map<String, String> labels() {
    return labels;
  }

  public JsonNode taints() {
    return taints;
  }

  /** Whether it takes no more Pods. */
  public boolean isCordoned() {
    return cordoned;
  }

  public Resources allocatable() {
    return allocatable;
  }

  /** How many Pods it takes. */
  public int podLimit() {
    return podLimit;
  }

  public Resources requested() {
    return requested;
  }

  public Resources scoringRequested() {
    return scoringRequested;
  }

  public Collection<PodInfo> pods() {
    return pods.values();
  }

  /** The sizes of the images it has, by their names. */
  public Map<String, Long> images() {
    return images;
  }

  /** Whether a Pod here asks for others to be near or far. */
  public boolean hasTerms() {
    return withTerms > 0;
  }

  /** Whether a Pod here takes a port. */
  public boolean hasPorts() {
    return withPorts > 0;
  }

  /** Whether a Pod here must be far from others. */
  public boolean hasAntiAffinity() {
    return withAntiAffinity > 0;
  }

  public void add(PodInfo pod) {
    remove(pod.uid());
    pods.put(pod.uid(), pod);
    requested = requested.plus(pod.requests());
    scoringRequested = scoringRequested.plus(pod.scoringRequests());
    count(pod, 1);
  }

  private void count(PodInfo pod, int sign) {
    withTerms += pod.hasTerms() ? sign : 0;
    withAntiAffinity += pod.antiAffinity().isEmpty() ? 0 : sign;
    withPorts += pod.ports().isEmpty() ? 0 : sign;
    if (counts != null) {
      counts.forEach((selector, count) -> count.add(pod, selector, sign));
    }
  }

  /**
   * How many Pods here, which stay, a selector is about. Counted once, and kept as Pods come and
   * go.
   *
   * @param selector always the same instance for the same namespace and requirements, and never for
   *     two namespaces
   */
  public int count(String namespace, LabelSelector selector) {
    if (pods.isEmpty()) {
      return 0;
    }
    IdentityHashMap<LabelSelector, Count> kept = counts;
    Count known = kept == null ? null : kept.get(selector);
    if (known != null) {
      return known.pods;
    }
    Count count = new Count(namespace);
    for (PodInfo pod : pods.values()) {
      count.add(pod, selector, 1);
    }
    if (kept == null || kept.size() >= COUNTS_KEPT) {
      kept = new IdentityHashMap<>(4);
      counts = kept;
    }
    kept.put(selector, count);
    return count.pods;
  }

  public @Nullable PodInfo find(String uid) {
    return pods.get(uid);
  }

  /** A Pod that is here and asks for the same as before. */
  public void refresh(PodInfo pod) {
    pods.replace(pod.uid(), pod);
  }

  /** Does nothing when it is not there. */
  public void remove(String uid) {
    PodInfo pod = pods.remove(uid);
    if (pod != null) {
      requested = requested.minus(pod.requests());
      scoringRequested = scoringRequested.minus(pod.scoringRequests());
      count(pod, -1);
    }
  }
}
