package dev.coracle.controller;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;

/** Owners that changed are looked at; what was expected for one that is gone is forgotten. */
public final class OwnerHandler implements SharedInformer.Handler {

  private final WorkQueue<ObjectKey> queue;
  private final Expectations expectations;

  public OwnerHandler(WorkQueue<ObjectKey> queue, Expectations expectations) {
    this.queue = queue;
    this.expectations = expectations;
  }

  @Override
  public void added(KubeObject owner) {
    queue.add(ObjectKey.of(owner));
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
