package dev.coracle.controller.podgc;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes Pods of nodes that are gone (after a quiet time, for a node may come back), Pods that
 * were deleted and have no node to end them, or one that is out of service, and the oldest finished
 * Pods beyond 12 500.
 */
public final class PodGcController implements Controller {

  private static final int FINISHED_LIMIT = 12_500;
  private static final Duration QUARANTINE = Duration.ofSeconds(40);

  private sealed interface Key {
    /** A node that went. */
    record Node(String name) implements Key {}

    /** A Pod that is being deleted and may have no node to end it. */
    record Terminating(String namespace, String name) implements Key {}

    /** A node that may be out of service. */
    record OutOfService(String name) implements Key {}

    record Finished() implements Key {}
  }

  private static final String BY_NODE = "nodeName";

  private final ControllerContext context;
  private final SharedInformer pods;
  private final SharedInformer nodes;
  private final Work<Key> work;

  public PodGcController(ControllerContext context) {
    this.context = context;
    this.pods = context.informers().of(Resources.PODS);
    this.nodes = context.informers().of(Resources.NODES);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "pod-garbage-collector";
  }

  @Override
  public void start() throws InterruptedException {
    pods.addIndex(BY_NODE, pod -> List.of(Pods.nodeName(pod)));
    nodes.awaitSync();
    work.watch(
        nodes,
        node -> {
          if (nodes.get("", node.name()) == null) {
            work.queue().addAfter(new Key.Node(node.name()), QUARANTINE);
          } else if (PodGarbage.isOutOfService(node)) {
            work.queue().add(new Key.OutOfService(node.name()));
          }
        });
    work.watch(pods, this::look);
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void look(KubeObject pod) {
    String name = Pods.nodeName(pod);
    KubeObject node = nodes.get("", name);
    if (PodGarbage.isStuck(pod, node)) {
      work.queue().add(new Key.Terminating(pod.namespace(), pod.name()));
    }
    if (name.isEmpty()) {
      return;
    }
    if (node == null) {
      work.queue().addAfter(new Key.Node(name), QUARANTINE);
    }
    if (Pods.isFinished(pod)) {
      work.queue().addAfter(new Key.Finished(), Duration.ofSeconds(20));
    }
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Node(String name) -> orphansOf(name);
      case Key.Terminating(String namespace, String name) -> {
        KubeObject pod = pods.get(namespace, name);
        if (pod != null && PodGarbage.isStuck(pod, nodes.get("", Pods.nodeName(pod)))) {
          fail(pod, null);
        }
      }
      case Key.OutOfService(String name) -> {
        KubeObject node = nodes.get("", name);
        for (KubeObject pod : pods.byIndex(BY_NODE, name)) {
          if (PodGarbage.isStuck(pod, node)) {
            fail(pod, null);
          }
        }
      }
      case Key.Finished() ->
          PodGarbage.surplus(pods.list(""), FINISHED_LIMIT).forEach(this::delete);
    }
  }

  private void orphansOf(String node) {
    if (nodes.get("", node) != null || context.client().find(Resources.NODES, "", node) != null) {
      return;
    }
    for (KubeObject pod : pods.byIndex(BY_NODE, node)) {
      fail(pod, "PodGC: node no longer exists");
    }
  }

  /** Says that a Pod has failed, if it has not ended, and deletes it at once. */
  private void fail(KubeObject pod, @Nullable String disruption) {
    if (!Pods.isFinished(pod)) {
      ObjectNode patch = Json.object();
      ObjectNode status = patch.putObject("status").put("phase", "Failed");
      if (disruption != null) {
        status
            .putArray("conditions")
            .addObject()
            .put("type", "DisruptionTarget")
            .put("status", "True")
            .put("reason", "DeletionByPodGC")
            .put("message", disruption)
            .put("lastTransitionTime", Timestamps.seconds(context.clock().instant()));
      }
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
      } catch (StatusException e) {
        if (e.isNotFound()) {
          return;
        }
        throw e;
      }
    }
    delete(pod);
  }

  private void delete(KubeObject pod) {
    try {
      context
          .client()
          .delete(
              Resources.PODS,
              pod.namespace(),
              pod.name(),
              DeleteOptions.uid(pod.uid()).withGracePeriodSeconds(0));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }
}
