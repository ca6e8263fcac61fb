package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.inputs.NodeConfig;
import dev.coracle.node.inputs.NodeSources;
import dev.coracle.node.probes.Handlers;
import dev.coracle.node.registration.OwnNode;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.volumes.PodVolumes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one Pod from its binding to its end. One virtual thread does everything in order: it sleeps
 * until something happened (the Pod changed, a container ended, a probe decided, a timer rang),
 * looks at all it knows, does what is due and writes the status if that changed.
 */
public final class PodWorker {

  private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);
  private static final Duration RESIZE_RETRY = Duration.ofSeconds(2);
  private static final Duration EVICTION_GRACE = Duration.ofSeconds(1);

  private final PodContext context;
  private final PodUpdates updates;
  private final PodContainers containers;
  private final PodVolumes volumes;
  private final PodSetUp setUp;
  private final PodStatusManager statusManager;
  private final ContainerKiller killer;
  private final ContainerStarter starter;
  private final Runnable finished;
  private final NodeAllocations allocations;
  private final OwnNode ownNode;
  private final PodResize resize;
  private final ContainerEnds ends;
  private final StorageEviction eviction;
  private final List<ContainerStatus> exits = new ArrayList<>();

  private boolean gone;
  private KubeObject seen;
  private String startTime;
  private String phaseReason;
  private String phaseMessage;
  private boolean failed;
  private boolean admitted;
  private boolean rejected;
  private boolean terminating;
  private Instant killAt = Instant.MAX;

  /**
   * @param finished called when the worker is done with the Pod for ever
   */
  public PodWorker(
      NodeConfig node,
      NodeSources sources,
      ContainerConfigs configs,
      EventRecorder events,
      Handlers handlers,
      NodeAllocations allocations,
      OwnNode ownNode,
      KubeObject pod,
      Runnable finished) {
    this.context = new PodContext(node, configs, events, handlers, pod);
    this.updates = context.updates;
    this.finished = finished;
    this.allocations = allocations;
    this.ownNode = ownNode;
    this.resize = new PodResize(context, allocations, pod);
    this.seen = pod;
    JsonNode status = pod.at("status");
    this.startTime = status.path("startTime").asText("");
    this.phaseReason = status.path("reason").asText("");
    this.phaseMessage = status.path("message").asText("");
    this.failed = status.path("phase").asText("").equals("Failed");
    this.admitted = !startTime.isEmpty();
    this.rejected = failed && !status.has("containerStatuses");
    this.containers = new PodContainers(resize.allocated(pod, null), node.clock().instant());
    this.volumes = new PodVolumes(configs.podDirectory(pod), sources, node.mounter());
    this.ends = new ContainerEnds(context, containers);
    this.eviction = new StorageEviction(context, containers, volumes);
    this.setUp = new PodSetUp(context, volumes);
    this.statusManager = new PodStatusManager(context, containers, resize);
    this.killer = new ContainerKiller(context);
    ProbeManager probes = new ProbeManager(context, killer::restart);
    this.starter = new ContainerStarter(context, volumes, killer, probes, this::writeStatus);
  }

  public void start() {
    Thread unused = Thread.ofVirtual().name("pod-" + pod().key()).start(this::run);
  }

  public KubeObject pod() {
    return context.pod;
  }

  // What happens to it, from any thread.

  public void changed(KubeObject now) {
    updates.tell(() -> context.pod = now);
  }

  /** The Pod is no more. */
  public void deleted(KubeObject last) {
    updates.tell(
        () -> {
          context.pod = last;
          gone = true;
        });
  }

  public void exited(ContainerStatus status) {
    updates.tell(() -> exits.add(status));
  }

  /** A ConfigMap or Secret of its namespace changed. */
  public void referenced(KubeObject object) {
    if (object.namespace().equals(pod().namespace())) {
      updates.tell(() -> containers.all().forEach(ContainerRecord::tryConfigurationAgain));
    }
  }

  /** Stops its containers with their grace; the Pod stays at the server. */
  public void shutDown() {
    updates.tell(() -> context.shutDown = true);
  }

  /** The containers' ids by name, for those who exec, attach or count. */
  public @Nullable String containerId(String name) {
    return updates.read(
        () -> {
          ContainerRecord record = containers.named(name);
          return record != null && record.isRunning() ? record.id : null;
        });
  }

  public @Nullable String sandboxId() {
    Sandbox sandbox = context.sandbox;
    return sandbox == null ? null : sandbox.id();
  }

  /** The number of a container's latest start, from 0, or -1 when it never was. */
  public int attempts(String name) {
    return updates.read(
        () -> {
          ContainerRecord record = containers.named(name);
          return record == null ? -1 : record.attempts - 1;
        });
  }

  // The worker's thread.

  private void run() {
    try {
      boolean done = false;
      while (!done) {
        updates.await(
            () -> {
              exits.forEach(ends::take);
              exits.clear();
            });
        try {
          done = step();
        } catch (StatusException e) {
          LOG.warn("pod {}: {}", pod().key(), e.getMessage());
          updates.retryIn(Duration.ofSeconds(1));
        } catch (RuntimeException e) {
          LOG.warn("pod {}", pod().key(), e);
          updates.retryIn(Duration.ofSeconds(5));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      updates.close();
      finished.run();
    }
  }

  /**
   * @return whether the worker is done
   */
  private boolean step() throws InterruptedException {
    KubeObject now = pod();
    if (gone || context.shutDown || now.isDeleting()) {
      return terminate(now);
    }
    if (rejected || !admit(now)) {
      return false;
    }
    if (isFinished()) {
      finish();
      writeStatus();
      return false;
    }
    update(now);
    if (!failed && pastDeadline()) {
      failed = true;
      phaseReason = "DeadlineExceeded";
      phaseMessage = "Pod was active on the node longer than the specified deadline";
      context.event(EventRecorder.NORMAL, phaseReason, phaseMessage);
      killer.killAll(containers, ContainerKiller.grace(now, null));
    }
    if (!failed) {
      String why = eviction.due(now);
      if (why != null) {
        failed = true;
        phaseReason = "Evicted";
        phaseMessage = why;
        context.event(EventRecorder.WARNING, "Evicted", why);
        killer.killAll(containers, EVICTION_GRACE);
      }
    }
    if (containers.all().stream().anyMatch(c -> c.justEnded)) {
      writeStatus();
      containers.all().forEach(c -> c.justEnded = false);
    }
    if (!failed) {
      run(now);
    } else {
      killer.killAll(
          containers,
          phaseReason.equals("Evicted") ? EVICTION_GRACE : ContainerKiller.grace(now, null));
    }
    if (isFinished()) {
      finish();
    }
    writeStatus();
    if (resize.isCompleted(containers, now)) {
      writeStatus();
    }
    return false;
  }

  /**
   * @return false when the node does not take it
   */
  private boolean admit(KubeObject now) {
    if (admitted) {
      return true;
    }
    NodeAllocations.Refusal refusal = allocations.admit(now, ownNode.cached());
    if (refusal != null) {
      // A label that was just set, or a taint that was just taken away, may not have been heard of.
      refusal = allocations.admit(now, ownNode.read());
    }
    admitted = refusal == null;
    if (refusal != null) {
      statusManager.reject(refusal.reason(), "Pod was rejected: " + refusal.message());
      rejected = true;
      context.event(EventRecorder.WARNING, refusal.reason(), refusal.message());
    }
    return admitted;
  }

  private void update(KubeObject now) {
    if (now == seen && !resize.isDeferred()) {
      return;
    }
    seen = now;
    JsonNode allocated = resize.allocated(now, containers);
    if (resize.isObstructed()) {
      updates.retryAt(context.clock.instant().plus(RESIZE_RETRY));
    }
    PodContainers.Changes changes =
        updates.read(() -> containers.update(allocated, context.clock.instant()));
    for (ContainerRecord record : changes.resized()) {
      String id = record.id;
      if (id != null) {
        context.runtime.updateResources(id, ContainerConfigs.resources(record.spec, 0));
      }
    }
    for (ContainerRecord record : changes.anew()) {
      killer.kill(
          record,
          "Container "
              + record.name
              + (record.resized
                  ? " resize requires restart"
                  : " definition changed, will be restarted"),
          ContainerKiller.grace(now, null));
    }
  }

  private void run(KubeObject now) throws InterruptedException {
    if (startTime.isEmpty()) {
      startTime = Timestamps.seconds(context.clock.instant());
      boolean unused = pastDeadline();
    }
    if (!setUp.setUp(now)) {
      return;
    }
    boolean progress = true;
    while (progress) {
      PodActions actions = PodActions.compute(policy(), containers);
      if (actions.initFailed()) {
        failed = true;
        killer.killAll(containers, ContainerKiller.grace(now, null));
        return;
      }
      progress = false;
      for (ContainerRecord record : actions.toStart()) {
        starter.startIfDue(now, record, containers);
        progress |= record.isRunning();
      }
    }
  }

  private RestartPolicy policy() {
    return RestartPolicy.of(pod().tree());
  }

  private boolean isFinished() {
    return PodActions.isFinished(policy(), containers, failed);
  }

  private boolean pastDeadline() {
    JsonNode deadline = pod().at("spec", "activeDeadlineSeconds");
    Instant started = Timestamps.parse(startTime.isEmpty() ? null : startTime);
    if (!deadline.isNumber() || started == null) {
      return false;
    }
    Instant end = started.plusSeconds(deadline.asLong());
    if (context.clock.instant().isBefore(end)) {
      updates.retryAt(end);
      return false;
    }
    return true;
  }

  /** All main containers have ended for good: ends the others, gives the sandbox back. */
  private void finish() {
    killer.killAll(containers, ContainerKiller.grace(pod(), null));
    if (!containers.anyRunning() && context.sandbox != null) {
      updates.guarded(context::removeSandbox);
      volumes.unmount();
    }
  }

  /**
   * @return whether nothing is left of the Pod
   */
  private boolean terminate(KubeObject now) throws InterruptedException {
    Duration grace = gone ? Duration.ZERO : ContainerKiller.grace(now, null);
    Instant deadline = context.clock.instant().plus(grace);
    boolean sooner = terminating && deadline.isBefore(killAt.minusMillis(900));
    if (sooner) {
      containers.all().forEach(record -> killer.hurry(record, grace));
    }
    if (!terminating || sooner) {
      terminating = true;
      killAt = deadline;
    }
    Duration left = Duration.between(context.clock.instant(), killAt);
    Duration atMost = left.compareTo(grace) < 0 ? left : grace;
    killer.killAll(containers, atMost.isNegative() ? Duration.ZERO : atMost);
    boolean staysAtServer = context.shutDown && !now.isDeleting();
    if (!gone && (!staysAtServer || isFinished())) {
      writeStatus();
    }
    if (containers.anyRunning()) {
      return false;
    }
    cleanUp();
    if (!gone && !context.shutDown) {
      delete(now);
    }
    return true;
  }

  private void delete(KubeObject now) {
    try {
      context
          .node
          .client()
          .delete(
              NodeSources.PODS,
              now.namespace(),
              now.name(),
              DeleteOptions.uid(now.uid()).withGracePeriodSeconds(0));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  private void cleanUp() {
    containers.all().forEach(ContainerRecord::closeProbes);
    context.removeSandbox();
    if (context.shutDown && !gone && !pod().isDeleting()) {
      volumes.unmount();
      return;
    }
    try {
      volumes.tearDown();
      context.node.mounter().remove(context.configs.logDirectory(pod()));
    } catch (IOException e) {
      LOG.warn("pod {}: {}", pod().key(), e.getMessage());
    }
  }

  private void writeStatus() {
    if (rejected) {
      return;
    }
    String phase =
        PodActions.phase(policy(), containers, failed, !phaseReason.isEmpty(), terminating);
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      allocations.remove(pod().uid());
    }
    statusManager.write(phase, phaseReason, phaseMessage, startTime, terminating);
  }
}
