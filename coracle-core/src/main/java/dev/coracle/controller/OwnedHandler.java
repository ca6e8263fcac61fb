package dev.coracle.controller;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which owners look when something changes that such owners have (Pods, ReplicaSets, revisions):
 * whose it is, whose it was, and for an orphan those that may adopt it. The cache of owners must be
 * filled before the first event.
 */
public final class OwnedHandler implements SharedInformer.Handler {

  private final SharedInformer owners;
  private final BiPredicate<KubeObject, KubeObject> wants;
  private final WorkQueue<ObjectKey> queue;
  private final @Nullable Expectations expectations;

  /**
   * @param wants whether an owner (first) would adopt an orphan (second) of its namespace
   * @param expectations are told what is seen; null when none are kept
   */
  public OwnedHandler(
      SharedInformer owners,
      BiPredicate<KubeObject, KubeObject> wants,
      WorkQueue<ObjectKey> queue,
      @Nullable Expectations expectations) {
    this.owners = owners;
    this.wants = wants;
    this.queue = queue;
    this.expectations = expectations;
  }

  /** Wants what {@code spec.selector} selects. */
  public static boolean selects(KubeObject owner, KubeObject orphan) {
    return LabelSelector.of(owner.at("spec", "selector")).matches(orphan.labels());
  }

  @Override
  public void added(KubeObject object) {
    if (object.isDeleting()) {
      deleted(object);
      return;
    }
    KubeObject owner = ownerOf(object);
    if (owner != null) {
      if (expectations != null) {
        expectations.creationObserved(ObjectKey.of(owner));
      }
      queue.add(ObjectKey.of(owner));
    } else if (object.controllerRef() == null) {
      callAdopters(object);
    }
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    if (!before.uid().equals(now.uid())) {
      deleted(before);
      added(now);
      return;
    }
    KubeObject former = ownerOf(before);
    KubeObject owner = ownerOf(now);
    if (former != null && former != owner) {
      queue.add(ObjectKey.of(former));
    }
    if (now.isDeleting()) {
      deleted(now);
      return;
    }
    if (owner != null) {
      queue.add(ObjectKey.of(owner));
    } else if (now.controllerRef() == null
        && (before.controllerRef() != null || !before.labels().equals(now.labels()))) {
      callAdopters(now);
    }
  }

  @Override
  public void deleted(KubeObject last) {
    KubeObject owner = ownerOf(last);
    if (owner == null) {
      return;
    }
    if (expectations != null) {
      expectations.deletionObserved(ObjectKey.of(owner), last.uid());
    }
    queue.add(ObjectKey.of(owner));
  }

  private @Nullable KubeObject ownerOf(KubeObject object) {
    OwnerReference reference = object.controllerRef();
    if (reference == null) {
      return null;
    }
    KubeObject owner = owners.get(object.namespace(), reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private void callAdopters(KubeObject orphan) {
    for (KubeObject owner : owners.list(orphan.namespace())) {
      if (wants.test(owner, orphan)) {
        queue.add(ObjectKey.of(owner));
      }
    }
  }
}
