package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Makes and deletes many Pods of an owner side by side, and expects the cache to show it. */
public final class ExpectedPods {

  private final PodControl podControl;
  private final Expectations expectations;
  private final SharedInformer pods;

  public ExpectedPods(ControllerContext context, Expectations expectations, SharedInformer pods) {
    this.podControl = new PodControl(context);
    this.expectations = expectations;
    this.pods = pods;
  }

  /**
   * Creates Pods in batches that grow while all goes well.
   *
   * @param make the Pod of an index below {@code count}
   * @return how many were created, and the first failure: null when all were, or the namespace is
   *     being deleted
   */
  public Batches.Result create(KubeObject owner, int count, IntFunction<ObjectNode> make)
      throws InterruptedException {
    ObjectKey key = ObjectKey.of(owner);
    expectations.expectCreations(key, count);
    AtomicInteger unanswered = new AtomicInteger(count);
    Batches.Result result =
        Batches.slowStart(
            count,
            index -> {
              try {
                KubeObject unused = podControl.create(owner, make.apply(index));
                unanswered.decrementAndGet();
              } catch (StatusException e) {
                if (!PodControl.isNamespaceTerminating(e)) {
                  throw e;
                }
              }
            });
    int failed = unanswered.get();
    for (int i = 0; i < failed; i++) {
      expectations.creationObserved(key);
    }
    return new Batches.Result(count - failed, result.failure());
  }

  /**
   * @return the first failure; null when all are being deleted, or gone
   */
  public @Nullable StatusException delete(KubeObject owner, List<KubeObject> doomed)
      throws InterruptedException {
    ObjectKey key = ObjectKey.of(owner);
    expectations.expectDeletions(key, doomed.stream().map(KubeObject::uid).toList());
    return Batches.parallel(
            doomed.size(),
            index -> {
              KubeObject pod = doomed.get(index);
              try {
                podControl.delete(owner, pod);
                if (pods.get(pod.namespace(), pod.name()) == null) {
                  expectations.deletionObserved(key, pod.uid());
                }
              } catch (StatusException e) {
                expectations.deletionObserved(key, pod.uid());
                throw e;
              }
            })
        .failure();
  }
}
