package dev.coracle.controller.nodelifecycle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.SharedInformer;
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
 * Deletes Pods that do not tolerate a {@code NoExecute} taint of their node, whoever put it there,
 * or not any longer.
 */
public final class TaintEvictionController implements Controller {

  static final String BY_NODE = "nodeName";

  private sealed interface Key {
    record Node(String name) implements Key {}

    record Pod(String namespace, String name) implements Key {}
  }

  private final ControllerContext context;
  private final SharedInformer nodes;
  private final SharedInformer pods;

  /** When a Pod is to go, by its uid. */
  private final Map<String, Instant> evictions = new ConcurrentHashMap<>();

  private final Work<Key> work;

  public TaintEvictionController(ControllerContext context) {
    this.context = context;
    this.nodes = context.informers().of(Resources.NODES);
    this.pods = context.informers().of(Resources.PODS);
    this.work = new Work<>(name(), context.clock(), 4, this::sync);
  }

  static void indexByNode(SharedInformer pods) {
    pods.addIndex(BY_NODE, pod -> List.of(Pods.nodeName(pod)));
  }

  @Override
  public String name() {
    return "taint-eviction-controller";
  }

  @Override
  public void start() throws InterruptedException {
    indexByNode(pods);
    nodes.awaitSync();
    work.watch(
        nodes,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject node) {
            if (drives(node)) {
              work.queue().add(new Key.Node(node.name()));
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("spec", "taints").equals(now.at("spec", "taints"))) {
              work.queue().add(new Key.Node(now.name()));
            }
          }

          @Override
          public void deleted(KubeObject last) {}
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

  private static boolean drives(KubeObject node) {
    return node.at("spec", "taints").toString().contains("NoExecute");
  }

  private void look(KubeObject pod) {
    KubeObject node = nodes.get("", Pods.nodeName(pod));
    if (node != null && drives(node)) {
      work.queue().add(new Key.Pod(pod.namespace(), pod.name()));
    }
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Node(String name) -> {
        KubeObject node = nodes.get("", name);
        for (KubeObject pod : pods.byIndex(BY_NODE, name)) {
          if ((node != null && drives(node)) || evictions.containsKey(pod.uid())) {
            work.queue().add(new Key.Pod(pod.namespace(), pod.name()));
          }
        }
      }
      case Key.Pod(String namespace, String name) -> syncPod(namespace, name);
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
    ObjectNode condition =
        condition("DisruptionTarget", "True", now)
            .put("reason", "DeletionByTaintManager")
            .put("message", "Taint manager: deleting due to NoExecute taint");
    if (!patchCondition(context.client(), pod, condition)) {
      return;
    }
    try {
      KubeObject unused =
          context
              .client()
              .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.uid(pod.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  static ObjectNode condition(String type, String status, Instant now) {
    return Json.object()
        .put("type", type)
        .put("status", status)
        .put("lastTransitionTime", Timestamps.seconds(now));
  }

  /** Returns whether the Pod is still there. */
  static boolean patchCondition(Client client, KubeObject pod, ObjectNode condition) {
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", pod.uid());
    patch.putObject("status").putArray("conditions").add(condition);
    try {
      KubeObject unused =
          client.patch(
              Resources.PODS,
              pod.namespace(),
              pod.name(),
              "status",
              PatchType.STRATEGIC,
              patch,
              WriteOptions.NONE);
      return true;
    } catch (StatusException e) {
      // gone, or another of the same name
      if (e.isNotFound() || e.isConflict() || e.reason().equals("Invalid")) {
        return false;
      }
      throw e;
    }
  }
}
