package dev.coracle.controller;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.WorkQueue;
import java.util.function.Consumer;

/**
 * Queues objects that are new or have another spec than before. For controllers that write the
 * status of what they watch, and look at it again by the clock.
 */
public final class SpecHandler implements SharedInformer.Handler {

  private final WorkQueue<ObjectKey> queue;
  private final Consumer<ObjectKey> gone;

  /**
   * @param gone forgets what is known of an object that is no more
   */
  public SpecHandler(WorkQueue<ObjectKey> queue, Consumer<ObjectKey> gone) {
    this.queue = queue;
    this.gone = gone;
  }

  @Override
  public void added(KubeObject object) {
    queue.add(ObjectKey.of(object));
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    if (!before.at("spec").equals(now.at("spec"))) {
      queue.add(ObjectKey.of(now));
    }
  }

  @Override
  public void deleted(KubeObject last) {
    gone.accept(ObjectKey.of(last));
  }
}
