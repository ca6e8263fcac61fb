package dev.coracle.controller.nodelifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes a node whose Lease and status have been silent for 50 seconds for lost: its conditions
 * become Unknown, its Pods not ready; taints follow the conditions, those that drive Pods out as
 * fast as {@link Zones} lets them.
 */
public final class NodeLifecycleController implements Controller {

  private static final String LEASES_NAMESPACE = "kube-node-lease";
  private static final String EXCLUDED = "node.kubernetes.io/exclude-disruption";

  private sealed interface Key {
    record Node(String name) implements Key {}

    /** A Pod that came to a node. */
    record Pod(String namespace, String name) implements Key {}
  }

  /**
   * When a node was last heard of, by our own clock.
   *
   * @param said the heartbeat in its status as last seen
   */
  private record Heartbeat(String said, Instant seen) {}

  private final ControllerContext context;
  private final SharedInformer nodes;
  private final SharedInformer leases;
  private final SharedInformer pods;
  private final Map<String, Heartbeat> heartbeats = new ConcurrentHashMap<>();

  /** Those that were told of, by uid. */
  private final Map<String, String> registered = new ConcurrentHashMap<>();

  /** The revisions of ready nodes for which there was nothing to do, by name. */
  private final Map<String, Long> settled = new ConcurrentHashMap<>();

  private final Zones zones = new Zones();
  private final Work<Key> work;

  public NodeLifecycleController(ControllerContext context) {
    this.context = context;
    this.nodes = context.informers().of(Resources.NODES);
    this.leases = context.informers().of(Resources.LEASES);
    this.pods = context.informers().of(Resources.PODS);
    this.work = new Work<>(name(), context.clock(), 4, this::sync);
  }

  @Override
  public String name() {
    return "node-controller";
  }

  @Override
  public void start() throws InterruptedException {
    TaintEvictionController.indexByNode(pods);
    nodes.awaitSync();
    leases.awaitSync();
    // all at once: the first of many nodes must not look like the whole cluster
    nodes.list("").forEach(this::classify);
    work.watch(
        nodes,
        node -> {
          if (nodes.get("", node.name()) == null) {
            gone(node);
          } else {
            work.queue().add(new Key.Node(node.name()));
          }
        });
    work.watch(leases, new Renewals());
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            arrived(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!Pods.nodeName(before).equals(Pods.nodeName(now))) {
              arrived(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {}
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  /**
   * Lets nodes be heard of. Nobody else is there whom so much is told, so it looks at bytes: a
   * Lease of another spec has been renewed.
   */
  private final class Renewals implements SharedInformer.Handler {
    @Override
    public void added(KubeObject lease) {
      heard(lease);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      byte[] was = before.json();
      byte[] is = now.json();
      if (!Arrays.equals(was, before.metadataEnd(), was.length, is, now.metadataEnd(), is.length)) {
        heard(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {}

    private void heard(KubeObject lease) {
      if (isNodeLease(lease) && nodes.get("", lease.name()) != null) {
        Instant now = context.clock().instant();
        heartbeats.compute(
            lease.name(), (name, known) -> new Heartbeat(known == null ? "" : known.said, now));
      }
    }
  }

  private static boolean isNodeLease(KubeObject lease) {
    return lease.namespace().equals(LEASES_NAMESPACE);
  }

  private void arrived(KubeObject pod) {
    KubeObject node = nodes.get("", Pods.nodeName(pod));
    if (node != null && NodeHealth.isNotReady(node)) {
      work.queue().add(new Key.Pod(pod.namespace(), pod.name()));
    }
  }

  private void gone(KubeObject node) {
    heartbeats.remove(node.name());
    settled.remove(node.name());
    if (registered.remove(node.name()) != null) {
      tell(node, "RemovingNode", "Removing Node " + node.name() + " from Controller");
    }
    if (zones.remove(node.name())) {
      lookAtAll();
    }
  }

  private void tell(KubeObject node, String reason, String event) {
    context.events().normal(node, reason, "Node " + node.name() + " event: " + event);
  }

  private void lookAtAll() {
    nodes.list("").forEach(node -> work.queue().add(new Key.Node(node.name())));
  }

  /** Returns whether other nodes may be concerned. */
  private boolean classify(KubeObject node) {
    return node.labels().containsKey(EXCLUDED)
        ? zones.remove(node.name())
        : zones.put(node.name(), NodeHealth.zone(node), NodeHealth.ready(node).equals("True"));
  }

  /** When a node was last heard of. */
  private Instant beat(KubeObject node) {
    JsonNode ready = Conditions.find(node.at("status", "conditions"), "Ready");
    String said = ready == null ? "" : ready.path("lastHeartbeatTime").asText();
    Instant now = context.clock().instant();
    Instant created = Timestamps.parse(node.creationTimestamp());
    boolean silent = said.isEmpty() && leases.get(LEASES_NAMESPACE, node.name()) == null;
    Heartbeat first = new Heartbeat(said, silent && created != null ? created : now);
    return heartbeats.merge(
            node.name(),
            first,
            (known, next) -> known.said.equals(said) ? known : new Heartbeat(said, now))
        .seen;
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Node(String name) -> syncNode(name);
      case Key.Pod(String namespace, String name) -> {
        KubeObject pod = pods.get(namespace, name);
        KubeObject node = pod == null ? null : nodes.get("", Pods.nodeName(pod));
        if (pod != null && node != null && NodeHealth.isNotReady(node)) {
          markNotReady(pod);
        }
      }
    }
  }

  private void syncNode(String name) {
    KubeObject node = nodes.get("", name);
    if (node == null || node.isDeleting()) {
      return;
    }
    if (restsAsItWas(node)) {
      return;
    }
    settled.remove(name);
    KubeObject seen = node;
    if (!node.uid().equals(registered.put(name, node.uid()))) {
      tell(node, "RegisteredNode", "Registered Node " + name + " in Controller");
    }
    Instant now = context.clock().instant();
    Duration left = Duration.between(now, beat(node).plus(NodeHealth.grace(node)));
    if (left.isPositive()) {
      work.queue().addAfter(new Key.Node(name), left);
    } else {
      node = takeForLost(node, now);
    }
    if (classify(node)) {
      lookAtAll();
    }
    node = label(node, now);
    if (node == seen && left.isPositive() && NodeHealth.ready(node).equals("True")) {
      settled.put(name, node.resourceVersion());
    }
    if (NodeHealth.isNotReady(node)) {
      pods.byIndex(TaintEvictionController.BY_NODE, name).forEach(this::markNotReady);
    }
  }

  /** Most nodes, most of the time: only that they were heard of has to be looked at again. */
  private boolean restsAsItWas(KubeObject node) {
    Heartbeat heard = heartbeats.get(node.name());
    Long known = settled.get(node.name());
    if (heard == null || known == null || known != node.resourceVersion()) {
      return false;
    }
    Duration left = Duration.between(context.clock().instant(), heard.seen.plus(NodeHealth.GRACE));
    if (left.isPositive()) {
      work.queue().addAfter(new Key.Node(node.name()), left);
    }
    return left.isPositive();
  }

  private KubeObject takeForLost(KubeObject node, Instant now) {
    ArrayNode conditions = NodeHealth.silent(node, Timestamps.seconds(now));
    if (conditions == null) {
      return node;
    }
    ObjectNode tree = node.mutableTree();
    tree.withObject("/status").set("conditions", conditions);
    KubeObject lost = context.client().updateStatus(Resources.NODES, "", node.name(), tree);
    if (NodeHealth.ready(node).equals("True")) {
      context
          .events()
          .normal(lost, "NodeNotReady", "Node " + node.name() + " status is now: NodeNotReady");
    }
    return lost;
  }

  /** Taints, and labels under old names, as they should be. */
  private KubeObject label(KubeObject node, Instant now) {
    ArrayNode taints = NodeHealth.taints(node, eviction(node, now), Timestamps.seconds(now));
    Map<String, String> labels = NodeHealth.labels(node);
    if (taints == null && labels.isEmpty()) {
      return node;
    }
    ObjectNode tree = node.mutableTree();
    labels.forEach((label, value) -> tree.withObject("/metadata/labels").put(label, value));
    if (taints != null && taints.isEmpty()) {
      tree.withObject("/spec").remove("taints");
    } else if (taints != null) {
      tree.withObject("/spec").set("taints", taints);
    }
    return context.client().update(Resources.NODES, "", node.name(), tree);
  }

  private NodeHealth.Eviction eviction(KubeObject node, Instant now) {
    if (zones.allDisrupted()) {
      return NodeHealth.Eviction.NONE;
    }
    if (!NodeHealth.isNotReady(node) || NodeHealth.evicts(node)) {
      return NodeHealth.Eviction.AS_BEFORE;
    }
    Duration wait = zones.ask(node.name(), NodeHealth.zone(node), now);
    if (Objects.equals(wait, Duration.ZERO)) {
      return NodeHealth.Eviction.DUE;
    }
    if (wait != null) {
      work.queue().addAfter(new Key.Node(node.name()), wait);
    }
    return NodeHealth.Eviction.AS_BEFORE;
  }

  private void markNotReady(KubeObject pod) {
    if (!Pods.isReady(pod)) {
      return;
    }
    ObjectNode condition =
        TaintEvictionController.condition("Ready", "False", context.clock().instant());
    if (TaintEvictionController.patchCondition(context.client(), pod, condition)) {
      context.events().warning(pod, "NodeNotReady", "Node is not ready");
    }
  }
}
