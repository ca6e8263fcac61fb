package dev.coracle.controller.endpoints;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.ArrayList;
import java.util.List;

/** Finds the Services that a Pod's change concerns, and the Pods of a Service. */
final class ServiceWatch {

  private final SharedInformer services;
  private final SharedInformer pods;

  ServiceWatch(ControllerContext context) {
    this.services = context.informers().of(Resources.SERVICES);
    this.pods = context.informers().of(Resources.PODS);
  }

  void watch(Work<ObjectKey> work) throws InterruptedException {
    services.awaitSync();
    work.watch(services, service -> work.queue().add(ObjectKey.of(service)));
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            enqueue(work, pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (matters(before, now)) {
              enqueue(work, now);
              if (!before.labels().equals(now.labels())) {
                enqueue(work, before);
              }
            }
          }

          @Override
          public void deleted(KubeObject last) {
            enqueue(work, last);
          }
        });
  }

  /** Whether a change of a Pod can be seen in endpoints. */
  private static boolean matters(KubeObject before, KubeObject now) {
    return !before.labels().equals(now.labels())
        || before.isDeleting() != now.isDeleting()
        || !before.text("spec", "nodeName").equals(now.text("spec", "nodeName"))
        || !before.text("status", "phase").equals(now.text("status", "phase"))
        || !before.at("status", "podIPs").equals(now.at("status", "podIPs"))
        || !before.text("status", "podIP").equals(now.text("status", "podIP"))
        || dev.coracle.controller.Pods.isReady(before) != dev.coracle.controller.Pods.isReady(now);
  }

  private void enqueue(Work<ObjectKey> work, KubeObject pod) {
    for (KubeObject service : services.list(pod.namespace())) {
      if (Backends.isSelecting(service)
          && LabelSelector.ofMap(service.at("spec", "selector")).matches(pod.labels())) {
        work.queue().add(ObjectKey.of(service));
      }
    }
  }

  @org.jspecify.annotations.Nullable
  KubeObject service(ObjectKey key) {
    return services.get(key.namespace(), key.name());
  }

  List<KubeObject> podsOf(KubeObject service) {
    LabelSelector selector = LabelSelector.ofMap(service.at("spec", "selector"));
    List<KubeObject> found = new ArrayList<>();
    for (KubeObject pod : pods.list(service.namespace())) {
      if (selector.matches(pod.labels())) {
        found.add(pod);
      }
    }
    return found;
  }
}
