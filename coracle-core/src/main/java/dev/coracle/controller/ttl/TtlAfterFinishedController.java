package dev.coracle.controller.ttl;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Deletes Jobs {@code ttlSecondsAfterFinished} after they completed or failed. */
public final class TtlAfterFinishedController implements Controller {

  private final ControllerContext context;
  private final SharedInformer jobs;
  private final Work<ObjectKey> work;

  public TtlAfterFinishedController(ControllerContext context) {
    this.context = context;
    this.jobs = context.informers().of(Resources.JOBS);
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return "ttl-after-finished-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(
        jobs,
        job -> {
          if (expiry(job) != null) {
            work.queue().add(ObjectKey.of(job));
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  /** When a Job is to go; null when it runs, has no limit, or goes already. */
  static @Nullable Instant expiry(KubeObject job) {
    JsonNode ttl = job.at("spec", "ttlSecondsAfterFinished");
    if (!ttl.isNumber() || job.isDeleting()) {
      return null;
    }
    for (String type : new String[] {"Complete", "Failed"}) {
      JsonNode condition = Conditions.find(job.at("status", "conditions"), type);
      if (condition != null && condition.path("status").asText().equals("True")) {
        Instant finished = Timestamps.parse(condition.path("lastTransitionTime").asText());
        return finished == null ? null : finished.plusSeconds(ttl.asLong());
      }
    }
    return null;
  }

  private void sync(ObjectKey key) {
    KubeObject cached = jobs.get(key.namespace(), key.name());
    if (cached == null || !isDue(key, cached)) {
      return;
    }
    KubeObject fresh = context.client().find(Resources.JOBS, key.namespace(), key.name());
    if (fresh == null || !isDue(key, fresh)) {
      return;
    }
    try {
      context
          .client()
          .delete(
              Resources.JOBS,
              key.namespace(),
              key.name(),
              new DeleteOptions(
                  false, null, "Foreground", fresh.uid(), Long.toString(fresh.resourceVersion())));
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  private boolean isDue(ObjectKey key, KubeObject job) {
    Instant expiry = expiry(job);
    if (expiry == null) {
      return false;
    }
    Duration left = Duration.between(context.clock().instant(), expiry);
    if (left.isPositive()) {
      work.queue().addAfter(key, left);
      return false;
    }
    return true;
  }
}
