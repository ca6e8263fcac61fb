package dev.coracle.node.pod;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.volumes.PodVolumes;
import dev.coracle.node.volumes.VolumeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Brings a Pod's volumes and sandbox about, and keeps the volumes' content new. */
final class PodSetUp {

  private static final GroupVersionResource RUNTIME_CLASSES =
      GroupVersionResource.of("node.k8s.io", "v1", "runtimeclasses");

  private static final Duration BINDING = Duration.ofMillis(100);

  /** How long a claim may take to be bound before the Pod's events speak of it. */
  private static final Duration UNTOLD = Duration.ofSeconds(2);

  private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(2);

  private final PodContext context;
  private final PodVolumes volumes;
  private Duration backoff = Duration.ZERO;
  private Instant nextTry = Instant.MIN;
  private String lastMountFailure = "";
  private @Nullable Instant waitsSince;

  PodSetUp(PodContext context, PodVolumes volumes) {
    this.context = context;
    this.volumes = volumes;
  }

  /**
   * @return false when they are not there yet; the worker is woken to try again
   */
  boolean setUp(KubeObject pod) {
    boolean waits = context.clock.instant().isBefore(nextTry) && lastMountFailure.isEmpty();
    if (context.sandbox == null && waits) {
      return false;
    }
    try {
      writeVolumes(pod);
      lastMountFailure = "";
      waitsSince = null;
      if (context.sandbox == null) {
        checkHandler(pod.text("spec", "runtimeClassName"));
        Sandbox made = context.runtime.runSandbox(context.configs.sandbox(pod, pod.tree()));
        context.updates.guarded(() -> context.sandbox = made);
        writeVolumes(pod);
      }
      backoff = Duration.ZERO;
      return true;
    } catch (VolumeFailure e) {
      String message = String.valueOf(e.getMessage());
      Instant now = context.clock.instant();
      if (e.isEarly()) {
        // Its claim is being bound: people hear of it when that takes long.
        waitsSince = waitsSince == null ? now : waitsSince;
        if (now.isBefore(waitsSince.plus(UNTOLD))) {
          nextTry = now.plus(BINDING);
          context.updates.retryAt(nextTry);
          return context.sandbox != null;
        }
      }
      if (!message.equals(lastMountFailure)) {
        lastMountFailure = message;
        context.event(EventRecorder.WARNING, "FailedMount", message);
      }
      if (context.sandbox != null) {
        return true;
      }
    } catch (RuntimeFailure e) {
      context.event(
          EventRecorder.WARNING,
          "FailedCreatePodSandBox",
          "Failed to create pod sandbox: " + e.text());
    } catch (IOException e) {
      context.event(EventRecorder.WARNING, "FailedMount", String.valueOf(e.getMessage()));
    }
    Duration longer = backoff.isZero() ? Duration.ofSeconds(1) : backoff.multipliedBy(2);
    backoff = longer.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : longer;
    nextTry = context.clock.instant().plus(backoff);
    context.updates.retryAt(nextTry);
    return false;
  }

  /**
   * @throws RuntimeFailure when the runtime does not know what the Pod's RuntimeClass asks for
   */
  private void checkHandler(String runtimeClass) {
    if (runtimeClass.isEmpty()) {
      return;
    }
    try {
      String handler = context.node.client().get(RUNTIME_CLASSES, "", runtimeClass).text("handler");
      if (!context.runtime.knowsHandler(handler)) {
        throw new RuntimeFailure(
            "CreatePodSandboxError",
            "failed to get sandbox runtime: no runtime for \"" + handler + "\" is configured");
      }
    } catch (StatusException e) {
      throw new RuntimeFailure("CreatePodSandboxError", e.status().message());
    }
  }

  private void writeVolumes(KubeObject pod) throws IOException {
    if (!context.runtime.usesVolumes()) {
      return;
    }
    Files.createDirectories(context.configs.podDirectory(pod));
    volumes.setUp(pod, context.withAddresses(pod));
    Instant refresh = volumes.nextRefresh();
    if (refresh != null) {
      context.updates.retryAt(refresh);
    }
  }
}
