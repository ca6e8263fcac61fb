package dev.coracle.cluster.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.FieldSelector;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.aggregation.LocalGroup;
import dev.coracle.client.Client;
import dev.coracle.node.simulated.SimulatedNodes;
import dev.coracle.registry.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code metrics.k8s.io/v1beta1}: NodeMetrics and PodMetrics, what {@code kubectl top} and
 * HorizontalPodAutoscalers read. The annotations {@link Usage#CPU} and {@link Usage#MEMORY} of a
 * Pod or Node say what it uses; without them a simulated one uses nothing.
 */
public final class MetricsGroup implements LocalGroup {

  private static final String GROUP = "metrics.k8s.io";
  private static final String VERSION = "v1beta1";
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");

  private final Client client;
  private final Clock clock;
  private final UsageRates rates;
  private final List<ResourceType> types =
      List.of(type("nodes", "NodeMetrics", false), type("pods", "PodMetrics", true));

  /**
   * @param client may list Pods and Nodes
   * @param summaries what each node of this process that runs containers says of them
   */
  public MetricsGroup(Client client, Clock clock, List<Supplier<ObjectNode>> summaries) {
    this.client = client;
    this.clock = clock;
    this.rates = new UsageRates(List.copyOf(summaries));
  }

  private static ResourceType type(String plural, String kind, boolean namespaced) {
    return new ResourceType(
        GROUP,
        VERSION,
        VERSION,
        plural,
        "",
        kind,
        kind + "List",
        namespaced,
        List.of(),
        List.of(),
        Set.of("get", "list"),
        Map.of(),
        List.of(),
        false,
        "");
  }

  @Override
  public String group() {
    return GROUP;
  }

  @Override
  public String version() {
    return VERSION;
  }

  @Override
  public List<ResourceType> types() {
    return types;
  }

  @Override
  public KubeObject get(ResourceType type, String namespace, String name) {
    boolean pod = type.namespaced();
    String shown = pod ? namespace + "/" + name : name;
    KubeObject object = client.find(pod ? PODS : NODES, namespace, name);
    if (object == null) {
      throw StatusException.notFound("", type.plural(), shown);
    }
    KubeObject metrics = pod ? podMetrics(object, read()) : nodeMetrics(object, read(), null);
    if (metrics == null) {
      throw StatusException.notFound(GROUP, pod ? "podmetrics" : "nodemetrics", shown);
    }
    return metrics;
  }

  @Override
  public List<KubeObject> list(ResourceType type, String namespace, ListOptions options) {
    for (FieldSelector.Term term : FieldSelector.parse(options.fieldSelector()).terms()) {
      if (!term.field().equals("metadata.name") && !term.field().equals("metadata.namespace")) {
        throw StatusException.badRequest(FieldSelector.unsupported(term.field(), true));
      }
    }
    ListOptions selected =
        ListOptions.ALL
            .withLabelSelector(options.labelSelector())
            .withFieldSelector(options.fieldSelector());
    View view = read();
    List<KubeObject> metrics = new ArrayList<>();
    if (type.namespaced()) {
      for (KubeObject pod : client.list(PODS, namespace, selected).items()) {
        add(metrics, podMetrics(pod, view));
      }
    } else {
      Map<String, Usage> byNode = new HashMap<>();
      for (KubeObject pod : client.list(PODS, "", ListOptions.ALL).items()) {
        Usage usage = usage(pod, view);
        if (usage != null) {
          byNode.merge(pod.text("spec", "nodeName"), usage, Usage::plus);
        }
      }
      for (KubeObject node : client.list(NODES, "", selected).items()) {
        add(metrics, nodeMetrics(node, view, byNode));
      }
    }
    return metrics;
  }

  private static void add(List<KubeObject> all, @Nullable KubeObject one) {
    if (one != null) {
      all.add(one);
    }
  }

  /** What is known at one moment. */
  private record View(UsageRates.Rates rates, Set<String> simulated, String now) {}

  private View read() {
    Set<String> simulated = new java.util.HashSet<>();
    ListOptions marked = ListOptions.ALL.withLabelSelector(SimulatedNodes.LABEL);
    client.list(NODES, "", marked).items().forEach(node -> simulated.add(node.name()));
    return new View(rates.read(), simulated, Timestamps.seconds(clock.instant()));
  }

  private @Nullable KubeObject nodeMetrics(
      KubeObject node, View view, @Nullable Map<String, Usage> podsByNode) {
    Usage read = view.rates.nodes().get(node.name());
    if (read == null && view.simulated.contains(node.name())) {
      read =
          podsByNode == null
              ? podsOf(node.name(), view)
              : podsByNode.getOrDefault(node.name(), Usage.NONE);
    }
    Usage usage = Usage.said(node.at("metadata", "annotations"), "", read);
    if (usage == null) {
      return null;
    }
    ObjectNode metrics = metrics("NodeMetrics", node, view);
    usage.write(metrics);
    return KubeObject.of(metrics);
  }

  private Usage podsOf(String node, View view) {
    Usage sum = Usage.NONE;
    ListOptions here = ListOptions.ALL.withFieldSelector("spec.nodeName=" + node);
    for (KubeObject pod : client.list(PODS, "", here).items()) {
      Usage usage = usage(pod, view);
      sum = usage == null ? sum : sum.plus(usage);
    }
    return sum;
  }

  /** Null for a Pod that does not run. */
  private static @Nullable Usage usage(KubeObject pod, View view) {
    Usage sum = null;
    for (Map.Entry<String, Usage> container : containers(pod, view).entrySet()) {
      sum = sum == null ? container.getValue() : sum.plus(container.getValue());
    }
    return sum;
  }

  private static @Nullable KubeObject podMetrics(KubeObject pod, View view) {
    Map<String, Usage> containers = containers(pod, view);
    if (containers.isEmpty()) {
      return null;
    }
    ObjectNode metrics = metrics("PodMetrics", pod, view);
    ArrayNode list = metrics.putArray("containers");
    containers.forEach((name, usage) -> usage.write(list.addObject().put("name", name)));
    return KubeObject.of(metrics);
  }

  /** By name, in the Pod's order; those that run. */
  private static Map<String, Usage> containers(KubeObject pod, View view) {
    Map<String, Usage> containers = new java.util.LinkedHashMap<>();
    if (!pod.text("status", "phase").equals("Running")) {
      return containers;
    }
    boolean simulated = view.simulated.contains(pod.text("spec", "nodeName"));
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : pod.at("spec", list)) {
        boolean sidecar = container.path("restartPolicy").asText().equals("Always");
        if (list.equals("initContainers") && !sidecar) {
          continue;
        }
        String name = container.path("name").asText();
        Usage read = view.rates.containers().get(UsageRates.container(pod.uid(), name));
        Usage usage =
            Usage.said(
                pod.at("metadata", "annotations"),
                name,
                read == null && simulated ? Usage.NONE : read);
        if (usage != null) {
          containers.put(name, usage);
        }
      }
    }
    return containers;
  }

  private static ObjectNode metrics(String kind, KubeObject of, View view) {
    ObjectNode metrics = Json.object().put("kind", kind).put("apiVersion", GROUP + "/" + VERSION);
    ObjectNode metadata = metrics.putObject("metadata").put("name", of.name());
    if (!of.namespace().isEmpty()) {
      metadata.put("namespace", of.namespace());
    }
    metadata.put("creationTimestamp", view.now);
    JsonNode labels = of.at("metadata", "labels");
    if (labels.size() > 0) {
      metadata.set("labels", labels.deepCopy());
    }
    metrics.put("timestamp", view.now);
    long millis = Math.max(1, view.rates.window().toMillis());
    return metrics.put(
        "window",
        java.math.BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString() + "s");
  }
}
