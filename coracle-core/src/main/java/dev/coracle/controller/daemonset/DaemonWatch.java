package dev.coracle.controller.daemonset;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;
import dev.coracle.controller.Expectations;
import dev.coracle.controller.ObjectKey;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What happens to DaemonSets, their Pods and revisions, and nodes; and which to look at then. */
final class DaemonWatch {

  private final SharedInformer daemonSets;
  private final Expectations expectations;
  private final WorkQueue<ObjectKey> queue;

  DaemonWatch(SharedInformer daemonSets, Expectations expectations, WorkQueue<ObjectKey> queue) {
    this.daemonSets = daemonSets;
    this.expectations = expectations;
    this.queue = queue;
  }

  SharedInformer.Handler sets() {
    return new SetHandler();
  }

  SharedInformer.Handler revisions() {
    return new RevisionHandler();
  }

  SharedInformer.Handler nodes() {
    return new NodeHandler();
  }

  SharedInformer.Handler pods() {
    return new PodHandler();
  }

  private final class SetHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject set) {
      queue.add(ObjectKey.of(set));
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.uid().equals(now.uid())) {
        expectations.forget(ObjectKey.of(before));
      }
      queue.add(ObjectKey.of(now));
    }

    @Override
    public void deleted(KubeObject last) {
      expectations.forget(ObjectKey.of(last));
      queue.add(ObjectKey.of(last));
    }
  }

  /** A revision that was deleted is made anew; one that lost its owner is adopted. */
  private final class RevisionHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject revision) {
      if (revision.controllerRef() == null) {
        enqueueMatching(revision);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!Objects.equals(before.controllerRef(), now.controllerRef())) {
        deleted(before);
      }
      if (now.controllerRef() != null) {
        deleted(now);
      } else if (before.controllerRef() != null || !before.labels().equals(now.labels())) {
        enqueueMatching(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      KubeObject owner = ownerOf(last);
      if (owner != null) {
        queue.add(ObjectKey.of(owner));
      }
    }
  }

  private final class NodeHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject node) {
      daemonSets.list("").forEach(set -> queue.add(ObjectKey.of(set)));
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.labels().equals(now.labels())
          || !before.at("spec", "taints").equals(now.at("spec", "taints"))) {
        added(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      added(last);
    }
  }

  private final class PodHandler implements SharedInformer.Handler {
    @Override
    public void added(KubeObject pod) {
      if (pod.isDeleting()) {
        deleted(pod);
        return;
      }
      KubeObject owner = ownerOf(pod);
      if (owner != null) {
        expectations.creationObserved(ObjectKey.of(owner));
        queue.add(ObjectKey.of(owner));
      } else if (pod.controllerRef() == null) {
        enqueueMatching(pod);
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      if (!before.uid().equals(now.uid())) {
        deleted(before);
        added(now);
        return;
      }
      if (now.isDeleting()) {
        deleted(now);
        return;
      }
      KubeObject former = ownerOf(before);
      KubeObject owner = ownerOf(now);
      if (former != null && former != owner) {
        queue.add(ObjectKey.of(former));
      }
      if (owner != null) {
        queue.add(ObjectKey.of(owner));
      } else if (now.controllerRef() == null
          && (!before.labels().equals(now.labels()) || before.controllerRef() != null)) {
        enqueueMatching(now);
      }
    }

    @Override
    public void deleted(KubeObject last) {
      KubeObject owner = ownerOf(last);
      if (owner != null) {
        expectations.deletionObserved(ObjectKey.of(owner), last.uid());
        queue.add(ObjectKey.of(owner));
      }
    }
  }

  private @Nullable KubeObject ownerOf(KubeObject owned) {
    OwnerReference reference = owned.controllerRef();
    if (reference == null || !reference.kind().equals("DaemonSet")) {
      return null;
    }
    KubeObject owner = daemonSets.get(owned.namespace(), reference.name());
    return owner != null && owner.uid().equals(reference.uid()) ? owner : null;
  }

  private void enqueueMatching(KubeObject orphan) {
    for (KubeObject set : daemonSets.list(orphan.namespace())) {
      if (LabelSelector.of(set.at("spec", "selector")).matches(orphan.labels())) {
        queue.add(ObjectKey.of(set));
      }
    }
  }
}
