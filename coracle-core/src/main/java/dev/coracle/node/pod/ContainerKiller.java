package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.probes.Handlers;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends containers: preStop hook, stop signal, SIGKILL after the grace. Each on a thread of its own.
 */
final class ContainerKiller {

  private static final Logger LOG = LoggerFactory.getLogger(ContainerKiller.class);
  static final Duration MINIMUM_GRACE = Duration.ofSeconds(2);

  private final PodContext context;

  ContainerKiller(PodContext context) {
    this.context = context;
  }

  /**
   * The grace of a Pod, or of a container whose probe has one of its own.
   *
   * @param probe null for the Pod's
   */
  static Duration grace(KubeObject pod, @Nullable JsonNode probe) {
    if (probe != null && probe.path("terminationGracePeriodSeconds").isNumber()) {
      return Duration.ofSeconds(probe.path("terminationGracePeriodSeconds").asLong());
    }
    JsonNode asked = pod.at("metadata", "deletionGracePeriodSeconds");
    JsonNode own = pod.at("spec", "terminationGracePeriodSeconds");
    long seconds = pod.isDeleting() && asked.isNumber() ? asked.asLong() : own.asLong(30);
    return Duration.ofSeconds(Math.max(0, seconds));
  }

  /** Ends a running container, unless it is being ended. */
  void kill(ContainerRecord record, Duration grace) {
    kill(record, "Stopping container " + record.name, grace);
  }

  void kill(ContainerRecord record, String message, Duration grace) {
    String id = record.id;
    if (id == null || !record.isRunning() || record.stopping) {
      return;
    }
    record.stopping = true;
    record.closeProbes();
    context.event(record, EventRecorder.NORMAL, "Killing", message);
    Thread unused = Thread.startVirtualThread(() -> stop(record, id, grace));
  }

  /**
   * Kills a container that its probe gave up; its restart policy says what then.
   *
   * @param probe {@code startup} or {@code liveness}
   */
  void restart(ContainerRecord record, String probe) {
    RestartPolicy policy = RestartPolicy.of(context.pod.tree());
    boolean again = !policy.isNever() || record.sidecar;
    kill(
        record,
        "Container "
            + record.name
            + " failed "
            + probe
            + " probe"
            + (again ? ", will be restarted" : ""),
        grace(context.pod, record.spec.path(probe + "Probe")));
  }

  /** All at once, but sidecars after the others and in the reverse of their order. */
  void killAll(PodContainers containers, Duration grace) {
    containers.ephemeral.forEach(record -> kill(record, grace));
    containers.main.forEach(record -> kill(record, grace));
    if (containers.main.stream().anyMatch(ContainerRecord::isRunning)) {
      return;
    }
    for (ContainerRecord record : containers.init.reversed()) {
      if (record.isRunning()) {
        kill(record, grace);
        return;
      }
    }
  }

  /** Gives a container that is being ended less time. */
  void hurry(ContainerRecord record, Duration grace) {
    String id = record.id;
    if (record.isRunning() && id != null) {
      Thread unused =
          Thread.startVirtualThread(
              () -> {
                try {
                  context.runtime.stopContainer(id, grace);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
    }
  }

  private void stop(ContainerRecord record, String id, Duration grace) {
    try {
      Instant begin = context.clock.instant();
      JsonNode hook = record.spec.path("lifecycle").path("preStop");
      if (hook.isObject() && !grace.isZero()) {
        preStop(record, id, hook, grace);
      }
      boolean inVain =
          context.shutDown && !hook.isObject() && !context.runtime.heedsTermination(id);
      if (inVain) {
        context.runtime.stopContainer(id, Duration.ZERO);
        return;
      }
      Duration left = grace.minus(Duration.between(begin, context.clock.instant()));
      Duration minimum = grace.isZero() ? Duration.ZERO : MINIMUM_GRACE;
      if (hook.isObject() && left.compareTo(minimum) < 0) {
        left = minimum;
      }
      context.runtime.stopContainer(id, left.isNegative() ? Duration.ZERO : left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("pod {}: stopping {}", context.pod.key(), record.name, e);
    }
  }

  private void preStop(ContainerRecord record, String id, JsonNode hook, Duration grace)
      throws InterruptedException {
    Thread hooking =
        Thread.startVirtualThread(
            () -> {
              try {
                Handlers.Result result =
                    context.handlers.hook(hook, record.spec, id, context.probeIp(), grace);
                if (!result.success()) {
                  context.event(
                      record, EventRecorder.WARNING, "FailedPreStopHook", "PreStopHook failed");
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    if (!hooking.join(grace)) {
      hooking.interrupt();
    }
  }
}
