package dev.coracle.controller.nodelifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes a node whose Lease and status have been silent for 50 seconds for lost: its conditions
 * become Unknown, its Pods not ready; taints follow the conditions, and Pods that do not tolerate a
 * {@code NoExecute} taint (any longer) are deleted.
 */
public final class NodeLifecycleController implements Controller {

  static final Duration GRACE = Duration.ofSeconds(50);
  private static final String LEASES_NAMESPACE = "kube-node-lease";
  private static final String BY_NODE = "nodeName";

  private sealed interface Key {
    record Node(String name) implements Key {}

    record Pod(String namespace, String name) implements Key {}
  }

  /** A heartbeat as last seen: what it said, and when it was seen to be new, by our own clock. */
  private record Heartbeat(String said, Instant seen) {}

  private final ControllerContext context;
  private final SharedInformer nodes;
  private final SharedInformer leases;
  private final SharedInformer pods;
  private final Map<String, Heartbeat> heartbeats = new ConcurrentHashMap<>();
  private final Map<String, Instant> evictions = new ConcurrentHashMap<>();
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
    pods.addIndex(BY_NODE, pod -> List.of(Pods.nodeName(pod)));
    nodes.awaitSync();
    leases.awaitSync();
    work.watch(
        nodes,
        node -> {
          if (nodes.get("", node.name()) == null) {
            heartbeats.remove(node.name());
          } else {
            work.queue().add(new Key.Node(node.name()));
          }
        });
    work.watch(
        leases,
        lease -> {
          // news of a node that was taken for lost; others are looked at when their time is up
          KubeObject node = isNodeLease(lease) ? nodes.get("", lease.name()) : null;
          if (node != null) {
            beat(node);
          }
        });
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            look(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!Pods.nodeName(before).equals(Pods.nodeName(now))
                || !before.at("spec", "tolerations").equals(now.at("spec", "tolerations"))) {
              look(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            evictions.remove(last.uid());
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static boolean isNodeLease(KubeObject lease) {
    return lease.namespace().equals(LEASES_NAMESPACE);
  }

  /** A Pod on a node with a taint that may drive it out. */
  private void look(KubeObject pod) {
    KubeObject node = nodes.get("", Pods.nodeName(pod));
    if (node != null && node.at("spec", "taints").toString().contains("NoExecute")) {
      work.queue().add(new Key.Pod(pod.namespace(), pod.name()));
    }
  }

  /** When a node was last heard of. */
  private Instant beat(KubeObject node) {
    KubeObject lease = leases.get(LEASES_NAMESPACE, node.name());
    JsonNode ready = Conditions.find(node.at("status", "conditions"), "Ready");
    String said =
        (lease == null ? "" : lease.text("spec", "renewTime"))
            + "/"
            + (ready == null ? "" : ready.path("lastHeartbeatTime").asText());
    Heartbeat now = new Heartbeat(said, context.clock().instant());
    return heartbeats.merge(
            node.name(), now, (known, next) -> known.said.equals(next.said) ? known : next)
        .seen;
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Node(String name) -> syncNode(name);
      case Key.Pod(String namespace, String name) -> syncPod(namespace, name);
    }
  }

  private void syncNode(String name) {
    KubeObject node = nodes.get("", name);
    if (node == null || node.isDeleting()) {
      return;
    }
    Instant now = context.clock().instant();
    Duration left = Duration.between(now, beat(node).plus(GRACE));
    if (left.isPositive()) {
      work.queue().addAfter(new Key.Node(name), left);
    } else {
      ArrayNode conditions = NodeHealth.silent(node, Timestamps.seconds(now));
      if (conditions != null) {
        ObjectNode tree = node.mutableTree();
        tree.withObject("/status").set("conditions", conditions);
        node = context.client().updateStatus(Resources.NODES, "", name, tree);
        context
            .events()
            .normal(node, "NodeNotReady", "Node " + name + " status is now: NodeNotReady");
      }
    }
    ArrayNode taints = NodeHealth.taints(node, Timestamps.seconds(now));
    if (taints != null) {
      ObjectNode tree = node.mutableTree();
      if (taints.isEmpty()) {
        tree.withObject("/spec").remove("taints");
      } else {
        tree.withObject("/spec").set("taints", taints);
      }
      node = context.client().update(Resources.NODES, "", name, tree);
    }
    boolean drives = node.at("spec", "taints").toString().contains("NoExecute");
    boolean lost = !NodeHealth.ready(node).equals("True");
    for (KubeObject pod : pods.byIndex(BY_NODE, name)) {
      if (lost && Pods.isReady(pod)) {
        markNotReady(pod, now);
      }
      if (drives || evictions.containsKey(pod.uid())) {
        work.queue().add(new Key.Pod(pod.namespace(), pod.name()));
      }
    }
  }

  private void markNotReady(KubeObject pod, Instant now) {
    ObjectNode patch = Json.object();
    patch
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "False")
        .put("lastTransitionTime", Timestamps.seconds(now));
    if (patchStatus(pod, patch)) {
      context.events().warning(pod, "NodeNotReady", "Node is not ready");
    }
  }

  private boolean patchStatus(KubeObject pod, ObjectNode patch) {
    try {
      context
          .client()
          .patch(
              Resources.PODS,
              pod.namespace(),
              pod.name(),
              "status",
              PatchType.STRATEGIC,
              patch,
              WriteOptions.NONE);
      return true;
    } catch (StatusException e) {
      if (e.isNotFound()) {
        return false;
      }
      throw e;
    }
  }

  private void syncPod(String namespace, String name) {
    KubeObject pod = pods.get(namespace, name);
    if (pod == null || pod.isDeleting() || Pods.nodeName(pod).isEmpty()) {
      return;
    }
    KubeObject node = nodes.get("", Pods.nodeName(pod));
    Duration stay =
        node == null
            ? null
            : NodeHealth.mayStay(node.at("spec", "taints"), pod.at("spec", "tolerations"));
    if (stay == null) {
      if (evictions.remove(pod.uid()) != null) {
        context
            .events()
            .normal(pod, "TaintManagerEviction", "Cancelling deletion of Pod " + pod.key());
      }
      return;
    }
    Instant now = context.clock().instant();
    Instant at = now.plus(stay);
    @Nullable Instant known = evictions.putIfAbsent(pod.uid(), at);
    Instant due = known == null || at.isBefore(known) ? at : known;
    evictions.put(pod.uid(), due);
    Duration left = Duration.between(now, due);
    if (left.isPositive()) {
      work.queue().addAfter(new Key.Pod(namespace, name), left);
      return;
    }
    evict(pod, now);
  }

  private void evict(KubeObject pod, Instant now) {
    context.events().normal(pod, "TaintManagerEviction", "Marking for deletion Pod " + pod.key());
    ObjectNode patch = Json.object();
    patch
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "DisruptionTarget")
        .put("status", "True")
        .put("reason", "DeletionByTaintManager")
        .put("message", "Taint manager: deleting due to NoExecute taint")
        .put("lastTransitionTime", Timestamps.seconds(now));
    if (!patchStatus(pod, patch)) {
      return;
    }
    try {
      context
          .client()
          .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.uid(pod.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }
}
