package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.probes.Handlers;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.volumes.PodVolumes;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Starts containers when their back-off allows it: image, create, start, postStart hook, probes.
 */
final class ContainerStarter {

  private static final Duration RETRY = Duration.ofSeconds(10);
  private static final Duration LONGEST_HOOK = Duration.ofMinutes(10);

  private final PodContext context;
  private final PodVolumes volumes;
  private final ContainerKiller killer;
  private final ProbeManager probes;
  private final Runnable writeStatus;

  ContainerStarter(
      PodContext context,
      PodVolumes volumes,
      ContainerKiller killer,
      ProbeManager probes,
      Runnable writeStatus) {
    this.context = context;
    this.volumes = volumes;
    this.killer = killer;
    this.probes = probes;
    this.writeStatus = writeStatus;
  }

  /** Starts a container, or says that it must wait and asks to be called again. */
  void startIfDue(KubeObject pod, ContainerRecord record, PodContainers containers)
      throws InterruptedException {
    if (record.isRunning() || record.stopping) {
      return;
    }
    Instant now = context.clock.instant();
    Instant finished = record.finishedAt;
    if (finished != null && !record.changed) {
      Duration delay = record.backOff.after(finished);
      Instant due = finished.plus(delay);
      if (now.isBefore(due)) {
        backOff(record, delay);
        context.updates.retryAt(due);
        return;
      }
    }
    Instant next = record.nextStart;
    if (next != null && now.isBefore(next)) {
      context.updates.retryAt(next);
      return;
    }
    start(pod, record, containers);
  }

  private void backOff(ContainerRecord record, Duration delay) {
    if (!record.isTerminated()) {
      return;
    }
    String identity = context.identity();
    record.waiting(
        "CrashLoopBackOff",
        "back-off "
            + CrashBackOff.text(delay)
            + " restarting failed container="
            + record.name
            + " pod="
            + identity);
    context.event(
        record,
        EventRecorder.WARNING,
        "BackOff",
        "Back-off restarting failed container " + record.name + " in pod " + identity);
  }

  private void start(KubeObject pod, ContainerRecord record, PodContainers containers)
      throws InterruptedException {
    Sandbox sandbox = context.sandbox;
    if (sandbox == null) {
      return;
    }
    String id = null;
    try {
      image(record);
      ContainerConfig config =
          context.configs.container(
              pod, context.withAddresses(pod), record, volumes, target(record, containers));
      id = context.runtime.createContainer(sandbox.id(), config);
      context.event(record, EventRecorder.NORMAL, "Created", "Container created");
      created(record, id, config);
      context.runtime.startContainer(id);
      started(pod, record, id);
    } catch (RuntimeFailure e) {
      boolean named = e.reason().equals("InvalidImageName");
      String error = "Error: " + (named ? e.reason() : e.text());
      context.event(record, EventRecorder.WARNING, "Failed", error);
      failed(record, id, e);
    }
  }

  private void image(ContainerRecord record) {
    String name = record.spec.path("image").asText();
    if (!ImageName.isValid(name)) {
      String text =
          "Failed to apply default image tag \"%s\": couldn't parse image name \"%s\": %s"
              .formatted(name, name, "invalid reference format");
      context.event(record, EventRecorder.WARNING, "InspectFailed", text);
      throw new RuntimeFailure("InvalidImageName", text);
    }
    String image = "image \"" + name + "\"";
    if (context.runtime.imageStatus(record.spec.path("image").asText()) != null) {
      context.event(
          record,
          EventRecorder.NORMAL,
          "Pulled",
          "Container " + image + " already present on machine and can be accessed by the pod");
      return;
    }
    record.waiting("ContainerCreating", "");
    context.event(record, EventRecorder.NORMAL, "Pulling", "Pulling " + image);
    context.runtime.pullImage(record.spec.path("image").asText());
    context.event(record, EventRecorder.NORMAL, "Pulled", "Successfully pulled " + image);
  }

  /** Whose processes an ephemeral container sees. */
  private static String target(ContainerRecord record, PodContainers containers) {
    ContainerRecord target = containers.named(record.spec.path("targetContainerName").asText(""));
    String id = target == null ? null : target.id;
    return id == null ? "" : id;
  }

  private void created(ContainerRecord record, String id, ContainerConfig config) {
    context.updates.guarded(
        () -> {
          record.lastId = id;
          record.id = id;
          record.restarts = record.attempts++;
          record.user = config.security();
        });
    Instant finished = record.finishedAt;
    if (finished != null && !record.changed) {
      record.backOff.restarted(finished, context.clock.instant());
    }
    record.finishedAt = null;
    record.nextStart = null;
    record.changed = false;
  }

  private void started(KubeObject pod, ContainerRecord record, String id)
      throws InterruptedException {
    context.updates.guarded(
        () -> {
          record.keepLast();
          record.state = ContainerRecord.State.RUNNING;
          record.startedAt = Timestamps.seconds(context.clock.instant());
          record.waitingMessage = "";
          record.stopping = false;
          record.started = !record.spec.has("startupProbe");
          record.ready = record.started && !record.spec.has("readinessProbe");
        });
    context.event(record, EventRecorder.NORMAL, "Started", "Container started");
    JsonNode hook = record.spec.path("lifecycle").path("postStart");
    if (hook.isObject() && !postStart(pod, record, id, hook)) {
      return;
    }
    if (context.runtime.usesVolumes()) {
      probes.start(record, id);
      return;
    }
    record.started = true;
    record.ready = true;
    if (record.kind == ContainerRecord.Kind.INIT && !record.sidecar) {
      context.runtime.stopContainer(id, ContainerKiller.MINIMUM_GRACE);
    }
  }

  private boolean postStart(KubeObject pod, ContainerRecord record, String id, JsonNode hook)
      throws InterruptedException {
    writeStatus.run();
    Handlers.Result result =
        context.handlers.hook(hook, record.spec, id, context.probeIp(), LONGEST_HOOK);
    if (result.success()) {
      return true;
    }
    // Without what the hook said: that may be a secret, and events are read by many.
    context.event(record, EventRecorder.WARNING, "FailedPostStartHook", "PostStartHook failed");
    killer.kill(record, "FailedPostStartHook", ContainerKiller.grace(pod, null));
    return false;
  }

  private void failed(ContainerRecord record, @Nullable String id, RuntimeFailure failure) {
    Instant now = context.clock.instant();
    if (id != null) {
      context.runtime.removeContainer(id);
    }
    record.id = null;
    if (failure.reason().equals("StartError")) {
      record.keepLast();
      record.finishedAt = now;
      record.justEnded = true;
      record.state = ContainerRecord.State.TERMINATED;
      record.terminated =
          Json.object()
              .put("exitCode", 128)
              .put("reason", "StartError")
              .put("message", failure.text())
              .put("startedAt", "1970-01-01T00:00:00Z")
              .put("finishedAt", Timestamps.seconds(now))
              .put("containerID", context.runtimeName + "://" + id);
      context.updates.wake();
      return;
    }
    record.waiting(failure.reason(), failure.text());
    record.nextStart = now.plus(RETRY);
    context.updates.retryIn(RETRY);
  }
}
