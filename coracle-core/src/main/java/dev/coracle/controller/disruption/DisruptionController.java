package dev.coracle.controller.disruption;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps the status of PodDisruptionBudgets, by which evictions are granted or refused. */
public final class DisruptionController implements Controller {

  private final ControllerContext context;
  private final SharedInformer budgets;
  private final SharedInformer pods;
  private final Map<String, SharedInformer> owners = new HashMap<>();
  private final Work<ObjectKey> work;

  public DisruptionController(ControllerContext context) {
    this.context = context;
    this.budgets = context.informers().of(Resources.POD_DISRUPTION_BUDGETS);
    this.pods = context.informers().of(Resources.PODS);
    owner("ReplicaSet", Resources.REPLICA_SETS);
    owner("Deployment", Resources.DEPLOYMENTS);
    owner("StatefulSet", Resources.STATEFUL_SETS);
    owner("ReplicationController", Resources.REPLICATION_CONTROLLERS);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  private void owner(String kind, GroupVersionResource resource) {
    owners.put(kind, context.informers().of(resource));
  }

  @Override
  public String name() {
    return "disruption-controller";
  }

  @Override
  public void start() throws InterruptedException {
    owners.values().forEach(work::need);
    budgets.awaitSync();
    work.watch(budgets, budget -> work.queue().add(ObjectKey.of(budget)));
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            enqueue(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            enqueue(now);
            if (!before.labels().equals(now.labels())) {
              enqueue(before);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            enqueue(last);
          }
        });
    for (SharedInformer informer : owners.values()) {
      work.watch(informer, owner -> enqueueAll(owner.namespace()));
    }
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void enqueue(KubeObject pod) {
    for (KubeObject budget : budgets.list(pod.namespace())) {
      if (LabelSelector.of(budget.at("spec", "selector")).matches(pod.labels())) {
        work.queue().add(ObjectKey.of(budget));
      }
    }
  }

  private void enqueueAll(String namespace) {
    budgets.list(namespace).forEach(budget -> work.queue().add(ObjectKey.of(budget)));
  }

  private void sync(ObjectKey key) {
    KubeObject budget = budgets.get(key.namespace(), key.name());
    if (budget == null) {
      return;
    }
    LabelSelector selector = LabelSelector.of(budget.at("spec", "selector"));
    List<KubeObject> selected = new ArrayList<>();
    for (KubeObject pod : pods.list(key.namespace())) {
      if (selector.matches(pod.labels()) && !Pods.isFinished(pod)) {
        selected.add(pod);
      }
    }
    ObjectNode status =
        BudgetStatus.of(budget, selected, scale(selected), context.clock().instant());
    if (!Trees.same(status, budget.at("status"))) {
      ObjectNode tree = budget.mutableTree();
      tree.set("status", status);
      context
          .client()
          .updateStatus(Resources.POD_DISRUPTION_BUDGETS, key.namespace(), key.name(), tree);
    }
    if (status.has("disruptedPods")) {
      work.queue().addAfter(key, BudgetStatus.EVICTION_TIMEOUT);
    }
  }

  /** What the controllers of these Pods want together; Pods without one count as themselves. */
  private int scale(List<KubeObject> selected) {
    Map<String, Integer> wanted = new HashMap<>();
    for (KubeObject pod : selected) {
      KubeObject owner = owner(pod);
      KubeObject top = owner == null ? null : owner(owner);
      KubeObject counted = top != null ? top : owner;
      if (counted == null) {
        wanted.put(pod.uid(), 1);
      } else {
        wanted.put(counted.uid(), counted.at("spec", "replicas").asInt(1));
      }
    }
    return wanted.values().stream().mapToInt(n -> n).sum();
  }

  private @Nullable KubeObject owner(KubeObject object) {
    OwnerReference reference = object.controllerRef();
    SharedInformer informer = reference == null ? null : owners.get(reference.kind());
    if (reference == null || informer == null) {
      return null;
    }
    KubeObject owner = informer.get(object.namespace(), reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }
}
