package dev.coracle.controller.volume.protection;

import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.storage.PodClaims;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.util.List;

/** A claim stays, Terminating, until no Pod that has a node names it any more. */
public final class ClaimProtectionController implements Controller {

  private static final String FINALIZER = "kubernetes.io/pvc-protection";

  private final ControllerContext context;
  private final SharedInformer claims;
  private final SharedInformer pods;
  private final Finalizer finalizer;
  private final Work<ObjectKey> work;

  public ClaimProtectionController(ControllerContext context) {
    this.context = context;
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.pods = context.informers().of(Resources.PODS);
    this.finalizer = new Finalizer(context.client(), Resources.PERSISTENT_VOLUME_CLAIMS, FINALIZER);
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "pvc-protection-controller";
  }

  @Override
  public void start() throws InterruptedException {
    PodClaims.index(pods);
    work.watch(claims, claim -> work.queue().add(ObjectKey.of(claim)));
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            changed(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (Pods.isFinished(now) || !before.uid().equals(now.uid())) {
              changed(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            changed(last);
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void changed(KubeObject pod) {
    for (PodClaims.Use use : PodClaims.of(pod)) {
      KubeObject claim = claims.get(pod.namespace(), use.name());
      if (claim != null && claim.isDeleting()) {
        work.queue().add(ObjectKey.of(claim));
      }
    }
  }

  private void sync(ObjectKey key) {
    KubeObject claim = claims.get(key.namespace(), key.name());
    if (claim != null) {
      finalizer.sync(claim, () -> isUsed(claim));
    }
  }

  /** The cache may lag: what it does not show is asked for at the server. */
  private boolean isUsed(KubeObject claim) {
    return isUsed(claim, PodClaims.users(pods, claim.namespace(), claim.name()))
        || isUsed(
            claim,
            context.client().list(Resources.PODS, claim.namespace(), ListOptions.ALL).items());
  }

  static boolean isUsed(KubeObject claim, List<KubeObject> pods) {
    for (KubeObject pod : pods) {
      if (Pods.nodeName(pod).isEmpty()) {
        continue;
      }
      for (PodClaims.Use use : PodClaims.of(pod)) {
        boolean counts =
            use.ephemeral() ? !Pods.isFinished(pod) && PodClaims.isOf(claim, pod) : true;
        if (use.name().equals(claim.name()) && counts) {
          return true;
        }
      }
    }
    return false;
  }
}
