package dev.coracle.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.probes.Handlers;
import dev.coracle.node.probes.ProbeLoop;
import dev.coracle.node.runtime.ContainerConfig;
import dev.coracle.node.runtime.ContainerRuntime;
import dev.coracle.node.runtime.ContainerStatus;
import dev.coracle.node.runtime.LogReader;
import dev.coracle.node.runtime.RuntimeFailure;
import dev.coracle.node.runtime.Sandbox;
import dev.coracle.node.volumes.PodVolumes;
import dev.coracle.node.volumes.VolumeFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one Pod from its binding to its end. One virtual thread does everything in order: it sleeps
 * until something happened (the Pod changed, a container ended, a probe decided, a timer rang),
 * looks at all it knows, does what is due and writes the status if that changed.
 */
final class PodWorker {

  private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);
  private static final Duration MINIMUM_GRACE = Duration.ofSeconds(2);
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final NodeConfig node;
  private final NodeSources sources;
  private final ContainerConfigs configs;
  private final ContainerRuntime runtime;
  private final Clock clock;
  private final EventRecorder events;
  private final Handlers handlers;
  private final Runnable finished;
  private final String runtimeName;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private boolean woken = true;
  private boolean gone;
  private volatile boolean shutDown;
  private KubeObject pod;
  private final List<ContainerStatus> exits = new ArrayList<>();

  private final List<ContainerRecord> init = new ArrayList<>();
  private final List<ContainerRecord> main = new ArrayList<>();
  private final PodVolumes volumes;
  private String startTime = "";
  private @Nullable Sandbox sandbox;
  private boolean everReady;
  private String phaseReason = "";
  private String phaseMessage = "";
  private boolean failed;
  private boolean terminating;
  private volatile boolean terminated;
  private volatile Instant killAt = Instant.MAX;
  private Duration setUpBackoff = Duration.ZERO;
  private Instant setUpAt = Instant.MIN;
  private String lastMountFailure = "";
  private @Nullable ObjectNode written;
  private Instant timerAt = Instant.MAX;
  private Clock.@Nullable Timer timer;

  /**
   * @param finished called when the worker is done with the Pod for ever
   */
  PodWorker(
      NodeConfig node,
      NodeSources sources,
      ContainerConfigs configs,
      EventRecorder events,
      Handlers handlers,
      KubeObject pod,
      Runnable finished) {
    this.node = node;
    this.sources = sources;
    this.configs = configs;
    this.runtime = node.runtime();
    this.clock = node.clock();
    this.events = events;
    this.handlers = handlers;
    this.pod = pod;
    this.finished = finished;
    String version = runtime.version();
    this.runtimeName = version.substring(0, Math.max(0, version.indexOf(':')));
    this.volumes = new PodVolumes(configs.podDirectory(pod), sources, node.mounter());
    restore();
  }

  void start() {
    Thread unused = Thread.ofVirtual().name("pod-" + pod.key()).start(this::run);
  }

  KubeObject pod() {
    return pod;
  }

  // What happens to it, from any thread.

  void changed(KubeObject now) {
    tell(() -> pod = now);
  }

  /** The Pod is no more. */
  void deleted(KubeObject last) {
    tell(
        () -> {
          pod = last;
          gone = true;
        });
  }

  void exited(ContainerStatus status) {
    tell(() -> exits.add(status));
  }

  /** A ConfigMap or Secret of its namespace changed. */
  void referenced(KubeObject object) {
    if (object.namespace().equals(pod.namespace())) {
      wake();
    }
  }

  /** Stops its containers with their grace; the Pod stays at the server. */
  void shutDown() {
    tell(() -> shutDown = true);
  }

  void wake() {
    tell(() -> {});
  }

  private void tell(Runnable change) {
    lock.lock();
    try {
      change.run();
      woken = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The containers' ids by name, for those who exec, attach or count. */
  @Nullable String containerId(String name) {
    lock.lock();
    try {
      for (ContainerRecord record : all()) {
        if (record.name.equals(name) && record.isRunning()) {
          return record.id;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  @Nullable String sandboxId() {
    lock.lock();
    try {
      return sandbox == null ? null : sandbox.id();
    } finally {
      lock.unlock();
    }
  }

  /** How often a container was started, or -1 when it never was. */
  int attempts(String name) {
    lock.lock();
    try {
      for (ContainerRecord record : all()) {
        if (record.name.equals(name)) {
          return record.attempts - 1;
        }
      }
      return -1;
    } finally {
      lock.unlock();
    }
  }

  private List<ContainerRecord> all() {
    List<ContainerRecord> all = new ArrayList<>(init);
    all.addAll(main);
    return all;
  }

  // The worker's thread.

  private void run() {
    try {
      while (true) {
        lock.lock();
        try {
          while (!woken) {
            news.await();
          }
          woken = false;
          exits.forEach(this::take);
          exits.clear();
        } finally {
          lock.unlock();
        }
        try {
          if (step()) {
            break;
          }
        } catch (StatusException e) {
          LOG.warn("pod {}: {}", pod.key(), e.getMessage());
          retryIn(Duration.ofSeconds(1));
        } catch (RuntimeException e) {
          LOG.warn("pod {}", pod.key(), e);
          retryIn(Duration.ofSeconds(5));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (timer != null) {
        timer.cancel();
      }
      finished.run();
    }
  }

  /**
   * @return whether the worker is done
   */
  private boolean step() throws InterruptedException {
    KubeObject now = pod;
    if (gone || shutDown || now.isDeleting()) {
      return terminate(now);
    }
    if (isFinished()) {
      finish();
      writeStatus();
      return false;
    }
    if (!failed && pastDeadline()) {
      failed = true;
      phaseReason = "DeadlineExceeded";
      phaseMessage = "Pod was active on the node longer than the specified deadline";
      stopAll(grace(now, null));
    }
    if (all().stream().anyMatch(c -> c.justEnded)) {
      writeStatus();
      all().forEach(c -> c.justEnded = false);
    }
    if (!failed && setUp(now)) {
      runContainers(now);
    }
    if (isFinished()) {
      finish();
    }
    writeStatus();
    return false;
  }

  /** Brings back what the server knows of an earlier life of this node. */
  private void restore() {
    JsonNode tree = pod.tree();
    JsonNode status = tree.path("status");
    startTime = status.path("startTime").asText("");
    boolean hasInit = !tree.path("spec").path("initContainers").isEmpty();
    for (JsonNode spec : tree.path("spec").path("initContainers")) {
      init.add(record(spec, true, status.path("initContainerStatuses"), "PodInitializing"));
    }
    for (JsonNode spec : tree.path("spec").path("containers")) {
      main.add(
          record(
              spec,
              false,
              status.path("containerStatuses"),
              hasInit ? "PodInitializing" : "ContainerCreating"));
    }
    String phase = status.path("phase").asText("");
    failed = phase.equals("Failed");
    phaseReason = status.path("reason").asText("");
    phaseMessage = status.path("message").asText("");
  }

  private ContainerRecord record(
      JsonNode spec, boolean isInit, JsonNode statuses, String waitingReason) {
    ContainerRecord record = new ContainerRecord(spec, isInit, waitingReason);
    for (JsonNode status : statuses) {
      if (!status.path("name").asText().equals(record.name)) {
        continue;
      }
      record.restarts = status.path("restartCount").asInt();
      String id = status.path("containerID").asText("");
      record.lastId = id.isEmpty() ? null : id.substring(id.indexOf("://") + 3);
      if (status.path("lastState").path("terminated") instanceof ObjectNode last) {
        record.last = last.deepCopy();
      }
      if (status.path("state").path("terminated") instanceof ObjectNode ended) {
        record.state = ContainerRecord.State.TERMINATED;
        record.terminated = ended.deepCopy();
        record.attempts = record.restarts + 1;
      } else if (status.path("state").path("running") instanceof ObjectNode running) {
        record.state = ContainerRecord.State.TERMINATED;
        record.attempts = record.restarts + 1;
        record.terminated =
            Json.object()
                .put("exitCode", 137)
                .put("reason", "ContainerStatusUnknown")
                .put(
                    "message", "The container could not be located when the node was started again")
                .put("startedAt", running.path("startedAt").asText())
                .put("finishedAt", Timestamps.seconds(clock.instant()));
      } else if (record.restarts > 0) {
        record.attempts = record.restarts + 1;
      }
      if (record.isTerminated()) {
        record.finishedAt = clock.instant();
      }
    }
    return record;
  }

  private String restartPolicy() {
    return pod.at("spec", "restartPolicy").asText("Always");
  }

  private boolean restarts(ContainerRecord record) {
    if (record.sidecar) {
      return true;
    }
    return switch (restartPolicy()) {
      case "Never" -> false;
      case "OnFailure" -> record.exitCode() != 0;
      default -> !record.init || record.exitCode() != 0;
    };
  }

  /** Whether nothing will run any more. */
  private boolean isFinished() {
    if (failed) {
      return all().stream().noneMatch(ContainerRecord::isRunning);
    }
    return main.stream().allMatch(c -> c.isTerminated() && !restarts(c));
  }

  private boolean pastDeadline() {
    JsonNode deadline = pod.at("spec", "activeDeadlineSeconds");
    Instant started = Timestamps.parse(startTime.isEmpty() ? null : startTime);
    if (!deadline.isNumber() || started == null) {
      return false;
    }
    Instant end = started.plusSeconds(deadline.asLong());
    if (clock.instant().isBefore(end)) {
      retryAt(end);
      return false;
    }
    return true;
  }

  /** Volumes and sandbox; false when they are not there yet. */
  private boolean setUp(KubeObject now) {
    if (startTime.isEmpty()) {
      startTime = Timestamps.seconds(clock.instant());
      boolean unused = pastDeadline();
    }
    if (sandbox == null && clock.instant().isBefore(setUpAt) && lastMountFailure.isEmpty()) {
      return false;
    }
    try {
      if (runtime.usesVolumes()) {
        Files.createDirectories(configs.podDirectory(now));
        volumes.setUp(now, withAddresses(now));
        Instant refresh = volumes.nextRefresh();
        if (refresh != null) {
          retryAt(refresh);
        }
      }
      lastMountFailure = "";
      if (sandbox == null) {
        Sandbox made = runtime.runSandbox(configs.sandbox(now, now.tree()));
        lock.lock();
        sandbox = made;
        lock.unlock();
        everReady = true;
        if (runtime.usesVolumes()) {
          volumes.setUp(now, withAddresses(now));
        }
      }
      setUpBackoff = Duration.ZERO;
      return true;
    } catch (VolumeFailure e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(lastMountFailure)) {
        lastMountFailure = message;
        events.event(now, "", EventRecorder.WARNING, "FailedMount", message);
      }
      if (sandbox != null) {
        return true;
      }
    } catch (RuntimeFailure e) {
      events.event(
          now,
          "",
          EventRecorder.WARNING,
          "FailedCreatePodSandBox",
          "Failed to create pod sandbox: " + e.text());
    } catch (IOException e) {
      events.event(now, "", EventRecorder.WARNING, "FailedMount", String.valueOf(e.getMessage()));
    }
    setUpBackoff = setUpBackoff.isZero() ? Duration.ofSeconds(1) : setUpBackoff.multipliedBy(2);
    if (setUpBackoff.compareTo(Duration.ofMinutes(2)) > 0) {
      setUpBackoff = Duration.ofMinutes(2);
    }
    setUpAt = clock.instant().plus(setUpBackoff);
    retryAt(setUpAt);
    return false;
  }

  private List<String> podIps() {
    if (sandbox == null) {
      return List.of();
    }
    return sandbox.ips().isEmpty() ? List.of(node.address()) : sandbox.ips();
  }

  private JsonNode withAddresses(KubeObject now) {
    ObjectNode tree = now.mutableTree();
    ObjectNode status = tree.get("status") instanceof ObjectNode s ? s : tree.putObject("status");
    status.put("hostIP", node.address());
    status.putArray("hostIPs").addObject().put("ip", node.address());
    List<String> ips = podIps();
    if (!ips.isEmpty()) {
      status.put("podIP", ips.getFirst());
      var array = status.putArray("podIPs");
      ips.forEach(ip -> array.addObject().put("ip", ip));
    }
    return tree;
  }

  private void runContainers(KubeObject now) throws InterruptedException {
    for (ContainerRecord record : init) {
      if (record.succeeded() && !record.sidecar) {
        continue;
      }
      boolean initFailed =
          record.isTerminated() && !record.sidecar && restartPolicy().equals("Never");
      if (initFailed) {
        failed = true;
        stopAll(grace(now, null));
        return;
      }
      startIfDue(now, record);
      if (!record.sidecar
          || (!record.started && main.stream().noneMatch(ContainerRecord::everStarted))) {
        return;
      }
    }
    for (ContainerRecord record : main) {
      if (!record.isRunning() && !(record.isTerminated() && !restarts(record))) {
        startIfDue(now, record);
      }
    }
  }

  private void startIfDue(KubeObject now, ContainerRecord record) throws InterruptedException {
    if (record.isRunning() || record.stopping) {
      return;
    }
    Instant time = clock.instant();
    Instant finished = record.finishedAt;
    if (finished != null) {
      Duration delay = record.backOff.after(finished);
      Instant due = finished.plus(delay);
      if (time.isBefore(due)) {
        backOff(record, delay);
        retryAt(due);
        return;
      }
    }
    Instant next = record.nextStart;
    if (next != null && time.isBefore(next)) {
      retryAt(next);
      return;
    }
    startContainer(now, record);
  }

  private void backOff(ContainerRecord record, Duration delay) {
    if (!record.isTerminated()) {
      return;
    }
    String identity = pod.name() + "_" + pod.namespace() + "(" + pod.uid() + ")";
    record.waiting(
        "CrashLoopBackOff",
        "back-off "
            + CrashBackOff.text(delay)
            + " restarting failed container="
            + record.name
            + " pod="
            + identity);
    event(
        record,
        EventRecorder.WARNING,
        "BackOff",
        "Back-off restarting failed container " + record.name + " in pod " + identity);
  }

  private void startContainer(KubeObject now, ContainerRecord record) throws InterruptedException {
    Sandbox current = sandbox;
    if (current == null) {
      return;
    }
    String id = null;
    String image = record.spec.path("image").asText();
    try {
      if (runtime.imageStatus(image) == null) {
        record.waiting("ContainerCreating", "");
        event(record, EventRecorder.NORMAL, "Pulling", "Pulling image \"" + image + "\"");
        runtime.pullImage(image);
        event(
            record, EventRecorder.NORMAL, "Pulled", "Successfully pulled image \"" + image + "\"");
      } else {
        event(
            record,
            EventRecorder.NORMAL,
            "Pulled",
            "Container image \"" + image + "\" already present on machine");
      }
      ContainerConfig config = configs.container(now, withAddresses(now), record, volumes);
      id = runtime.createContainer(current.id(), config);
      event(record, EventRecorder.NORMAL, "Created", "Container created");
      lock.lock();
      try {
        record.lastId = id;
        record.id = id;
        record.restarts = record.attempts++;
        record.user = config.security();
      } finally {
        lock.unlock();
      }
      Instant finished = record.finishedAt;
      if (finished != null) {
        record.backOff.restarted(finished, clock.instant());
        record.finishedAt = null;
      }
      record.nextStart = null;
      runtime.startContainer(id);
      started(now, record, id);
    } catch (RuntimeFailure e) {
      event(record, EventRecorder.WARNING, "Failed", "Error: " + e.text());
      failedToStart(record, id, e);
    }
  }

  private void failedToStart(ContainerRecord record, @Nullable String id, RuntimeFailure failure) {
    Instant time = clock.instant();
    if (id != null) {
      runtime.removeContainer(id);
    }
    if (failure.reason().equals("StartError")) {
      String at = Timestamps.seconds(time);
      record.keepLast();
      record.id = null;
      record.finishedAt = time;
      record.justEnded = true;
      record.state = ContainerRecord.State.TERMINATED;
      record.terminated =
          Json.object()
              .put("exitCode", 128)
              .put("reason", "StartError")
              .put("message", failure.text())
              .put("startedAt", "1970-01-01T00:00:00Z")
              .put("finishedAt", at)
              .put("containerID", runtimeName + "://" + id);
      wake();
      return;
    }
    record.id = null;
    record.waiting(failure.reason(), failure.text());
    // A wrong configuration is looked at again as soon as a ConfigMap or Secret changes.
    record.nextStart =
        failure.reason().equals("CreateContainerConfigError") ? null : time.plus(RETRY);
    retryIn(RETRY);
  }

  private void started(KubeObject now, ContainerRecord record, String id)
      throws InterruptedException {
    lock.lock();
    try {
      record.keepLast();
      record.state = ContainerRecord.State.RUNNING;
      record.startedAt = Timestamps.seconds(clock.instant());
      record.waitingMessage = "";
      record.stopping = false;
      record.started = !record.spec.has("startupProbe");
      record.ready = record.started && !record.spec.has("readinessProbe");
    } finally {
      lock.unlock();
    }
    event(record, EventRecorder.NORMAL, "Started", "Container started");
    JsonNode hook = record.spec.path("lifecycle").path("postStart");
    if (hook.isObject()) {
      writeStatus();
      Handlers.Result result =
          handlers.run(hook, record.spec, id, probeIp(), Duration.ofMinutes(10));
      if (!result.success()) {
        event(
            record,
            EventRecorder.WARNING,
            "FailedPostStartHook",
            "PostStartHook failed: " + result.message());
        kill(record, "FailedPostStartHook", grace(now, null));
        return;
      }
    }
    if (runtime.usesVolumes()) {
      startProbes(record, id);
    } else {
      record.started = true;
      record.ready = true;
      if (record.init && !record.sidecar) {
        runtime.stopContainer(id, MINIMUM_GRACE);
      }
    }
  }

  private String probeIp() {
    List<String> ips = podIps();
    return ips.isEmpty() ? node.address() : ips.getFirst();
  }

  private void startProbes(ContainerRecord record, String id) {
    if (record.spec.has("startupProbe")) {
      probe(
          record,
          id,
          "startupProbe",
          "Startup",
          () -> {
            if (!record.started) {
              record.started = true;
              record.ready = !record.spec.has("readinessProbe");
              record.closeProbes();
              startLasting(record, id);
            }
          },
          () -> restart(record, "failed startup probe"));
    } else {
      startLasting(record, id);
    }
  }

  private void startLasting(ContainerRecord record, String id) {
    if (record.spec.has("livenessProbe")) {
      probe(
          record,
          id,
          "livenessProbe",
          "Liveness",
          () -> {},
          () -> restart(record, "failed liveness probe"));
    }
    if (record.spec.has("readinessProbe")) {
      probe(
          record,
          id,
          "readinessProbe",
          "Readiness",
          () -> record.ready = true,
          () -> record.ready = false);
    }
  }

  private void probe(
      ContainerRecord record,
      String id,
      String field,
      String word,
      Runnable passed,
      Runnable failing) {
    JsonNode probe = record.spec.path(field);
    String ip = probeIp();
    record.probes.add(
        new ProbeLoop(
            probe,
            clock,
            timeout -> handlers.run(probe, record.spec, id, ip, timeout),
            new ProbeLoop.Listener() {
              private @Nullable Boolean last;

              @Override
              public void passed() {
                decide(true, passed);
              }

              @Override
              public void failed() {
                decide(false, failing);
              }

              private void decide(boolean success, Runnable action) {
                if (!Boolean.valueOf(success).equals(last) || !field.equals("readinessProbe")) {
                  boolean changes = !Boolean.valueOf(success).equals(last);
                  last = success;
                  if (changes || !success) {
                    tell(
                        () -> {
                          if (id.equals(record.id) && record.isRunning() && !record.stopping) {
                            action.run();
                          }
                        });
                  }
                }
              }

              @Override
              public void unhealthy(String message) {
                event(
                    record, EventRecorder.WARNING, "Unhealthy", word + " probe failed: " + message);
              }
            }));
  }

  /** Kills a container that its probe gave up; its restart policy says what then. */
  private void restart(ContainerRecord record, String why) {
    if (record.stopping) {
      return;
    }
    record.stopping = true;
    record.closeProbes();
    event(
        record,
        EventRecorder.NORMAL,
        "Killing",
        "Container " + record.name + " " + why + (restarts(record) ? ", will be restarted" : ""));
    String id = record.id;
    Duration grace = grace(pod, record.spec);
    Thread unused =
        Thread.startVirtualThread(
            () -> {
              if (id != null) {
                stop(record, id, grace);
              }
            });
  }

  private Duration grace(KubeObject of, @Nullable JsonNode container) {
    if (container != null) {
      for (String probe : List.of("livenessProbe", "startupProbe")) {
        JsonNode own = container.path(probe).path("terminationGracePeriodSeconds");
        if (own.isNumber()) {
          return Duration.ofSeconds(own.asLong());
        }
      }
    }
    JsonNode asked = of.at("metadata", "deletionGracePeriodSeconds");
    JsonNode own = of.at("spec", "terminationGracePeriodSeconds");
    long seconds = of.isDeleting() && asked.isNumber() ? asked.asLong() : own.asLong(30);
    return Duration.ofSeconds(Math.max(0, seconds));
  }

  private void kill(ContainerRecord record, String why, Duration grace) {
    String id = record.id;
    if (id == null || !record.isRunning() || record.stopping) {
      return;
    }
    record.stopping = true;
    record.closeProbes();
    LOG.debug("{} {}: {}", pod.key(), record.name, why);
    event(record, EventRecorder.NORMAL, "Killing", "Stopping container " + record.name);
    Thread unused = Thread.startVirtualThread(() -> stop(record, id, grace));
  }

  /** PreStop hook, SIGTERM, SIGKILL; blocks. */
  private void stop(ContainerRecord record, String id, Duration grace) {
    try {
      Instant begin = clock.instant();
      JsonNode hook = record.spec.path("lifecycle").path("preStop");
      if (hook.isObject() && !grace.isZero()) {
        Thread hooking =
            Thread.startVirtualThread(
                () -> {
                  try {
                    Handlers.Result result = handlers.run(hook, record.spec, id, probeIp(), grace);
                    if (!result.success()) {
                      event(
                          record,
                          EventRecorder.WARNING,
                          "FailedPreStopHook",
                          "PreStopHook failed: " + result.message());
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
        if (!hooking.join(grace)) {
          hooking.interrupt();
        }
      }
      if (shutDown && !hook.isObject() && !runtime.heedsTermination(id)) {
        runtime.stopContainer(id, Duration.ZERO);
        return;
      }
      Duration left = grace.minus(Duration.between(begin, clock.instant()));
      Duration minimum = grace.isZero() ? Duration.ZERO : MINIMUM_GRACE;
      if (hook.isObject() && left.compareTo(minimum) < 0) {
        left = minimum;
      }
      runtime.stopContainer(id, left.isNegative() ? Duration.ZERO : left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("pod {}: stopping {}", pod.key(), record.name, e);
    }
  }

  private void stopAll(Duration grace) {
    main.forEach(record -> kill(record, "stop", grace));
    if (main.stream().noneMatch(ContainerRecord::isRunning)) {
      init.forEach(record -> kill(record, "stop", grace));
    }
  }

  /**
   * @return whether nothing is left of the Pod
   */
  private boolean terminate(KubeObject now) throws InterruptedException {
    Duration grace = gone ? Duration.ZERO : grace(now, null);
    Instant deadline = clock.instant().plus(grace);
    boolean sooner = terminating && deadline.isBefore(killAt.minusMillis(900));
    if (!terminating || sooner) {
      terminating = true;
      killAt = deadline;
      if (sooner) {
        for (ContainerRecord record : all()) {
          String id = record.id;
          if (record.isRunning() && id != null) {
            Thread unused = Thread.startVirtualThread(() -> hurry(id, grace));
          }
        }
      }
    }
    stopAll(
        Duration.between(clock.instant(), killAt).isNegative()
            ? Duration.ZERO
            : grace.compareTo(Duration.between(clock.instant(), killAt)) < 0
                ? grace
                : Duration.between(clock.instant(), killAt));
    if (all().stream().anyMatch(ContainerRecord::isRunning)) {
      if (!gone) {
        writeStatus();
      }
      return false;
    }
    if (!gone) {
      writeStatus();
    }
    cleanUp();
    terminated = true;
    if (!gone && !shutDown) {
      try {
        node.client()
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
    return true;
  }

  private void hurry(String id, Duration grace) {
    try {
      runtime.stopContainer(id, grace);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void cleanUp() {
    all().forEach(ContainerRecord::closeProbes);
    Sandbox current = sandbox;
    if (current != null) {
      runtime.removeSandbox(current.id());
      lock.lock();
      sandbox = null;
      lock.unlock();
    }
    if (shutDown && !gone && !pod.isDeleting()) {
      volumes.unmount();
      return;
    }
    try {
      volumes.tearDown();
      node.mounter().remove(configs.logDirectory(pod));
    } catch (IOException e) {
      LOG.warn("pod {}: {}", pod.key(), e.getMessage());
    }
  }

  /** All main containers have ended for good: ends sidecars, gives the sandbox back. */
  private void finish() {
    init.forEach(record -> kill(record, "finished", grace(pod, null)));
    boolean running = init.stream().anyMatch(ContainerRecord::isRunning);
    Sandbox current = sandbox;
    if (!running && current != null) {
      lock.lock();
      sandbox = null;
      lock.unlock();
      lastIps = current.ips().isEmpty() ? List.of(node.address()) : current.ips();
      runtime.removeSandbox(current.id());
      volumes.unmount();
    }
  }

  private List<String> lastIps = List.of();

  private void take(ContainerStatus exit) {
    for (ContainerRecord record : all()) {
      if (!exit.id().equals(record.id)) {
        continue;
      }
      record.closeProbes();
      record.state = ContainerRecord.State.TERMINATED;
      record.stopping = false;
      record.ready = false;
      record.started = false;
      record.id = null;
      ObjectNode terminatedState = Json.object();
      terminatedState.put("exitCode", exit.exitCode());
      String message = terminationMessage(record, exit);
      terminatedState.put("reason", exit.reason());
      if (!message.isEmpty()) {
        terminatedState.put("message", message);
      }
      Instant end = exit.finishedAt() == null ? clock.instant() : exit.finishedAt();
      terminatedState.put(
          "startedAt", record.startedAt == null ? Timestamps.seconds(end) : record.startedAt);
      terminatedState.put("finishedAt", Timestamps.seconds(end));
      record.finishedAt = end;
      record.justEnded = true;
      terminatedState.put("containerID", runtimeName + "://" + exit.id());
      record.terminated = terminatedState;
      Path old = configs.log(pod, record.name, record.attempts - 3);
      try {
        Files.deleteIfExists(old);
      } catch (IOException e) {
        LOG.debug("log {}", old, e);
      }
    }
  }

  private String terminationMessage(ContainerRecord record, ContainerStatus exit) {
    if (!runtime.usesVolumes()) {
      return exit.message();
    }
    int attempt = record.attempts - 1;
    try {
      Path file = configs.terminationFile(pod, record.name, attempt);
      if (Files.exists(file) && Files.size(file) > 0) {
        byte[] bytes = Files.readAllBytes(file);
        int length = Math.min(bytes.length, 4096);
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
      }
      boolean fallback =
          record.spec.path("terminationMessagePolicy").asText("").equals("FallbackToLogsOnError");
      if (fallback && exit.exitCode() != 0) {
        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        LogReader.copy(
            configs.log(pod, record.name, attempt),
            new LogReader.Options(false, 80, null, false, -1, ""),
            tail);
        byte[] bytes = tail.toByteArray();
        int from = Math.max(0, bytes.length - 2048);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return exit.message();
  }

  // Telling.

  private String phase() {
    if (failed) {
      return all().stream().anyMatch(ContainerRecord::isRunning) && phaseReason.isEmpty()
          ? "Pending"
          : "Failed";
    }
    boolean ended = main.stream().allMatch(c -> c.isTerminated() && (terminating || !restarts(c)));
    if (ended && !main.isEmpty() && init.stream().noneMatch(ContainerRecord::isRunning)) {
      return main.stream().allMatch(ContainerRecord::succeeded) ? "Succeeded" : "Failed";
    }
    return main.stream().anyMatch(ContainerRecord::everStarted) ? "Running" : "Pending";
  }

  private void writeStatus() {
    if (shutDown && !pod.isDeleting()) {
      return;
    }
    KubeObject now = pod;
    ObjectNode status;
    lock.lock();
    try {
      List<String> ips = sandbox == null ? lastIps : podIps();
      status =
          new PodStatusBuilder(withWritten(now), Timestamps.seconds(clock.instant()))
              .build(
                  phase(),
                  phaseReason,
                  phaseMessage,
                  startTime.isEmpty() ? Timestamps.seconds(clock.instant()) : startTime,
                  node.address(),
                  ips,
                  sandbox != null && everReady,
                  terminating,
                  init,
                  main,
                  runtimeName);
    } finally {
      lock.unlock();
    }
    if (status.equals(written)) {
      return;
    }
    ObjectNode patch = Json.object();
    patch.putObject("metadata").put("uid", now.uid());
    patch.set("status", status.deepCopy());
    try {
      KubeObject unused =
          node.client()
              .patch(
                  NodeSources.PODS,
                  now.namespace(),
                  now.name(),
                  "status",
                  PatchType.MERGE,
                  patch,
                  WriteOptions.manager("kubelet"));
      written = status;
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  /** The newest Pod, but with the conditions that were written last: the watch may be behind. */
  private JsonNode withWritten(KubeObject now) {
    ObjectNode last = written;
    if (last == null) {
      return now.tree();
    }
    ObjectNode tree = now.mutableTree();
    Map<String, JsonNode> conditions = new LinkedHashMap<>();
    tree.path("status").path("conditions").forEach(c -> conditions.put(c.path("type").asText(), c));
    for (JsonNode condition : last.path("conditions")) {
      String type = condition.path("type").asText();
      if (condition.has("lastProbeTime")) {
        conditions.put(type, condition);
      }
    }
    ObjectNode status = tree.get("status") instanceof ObjectNode s ? s : tree.putObject("status");
    var array = status.putArray("conditions");
    conditions.values().forEach(array::add);
    return tree;
  }

  private void event(ContainerRecord record, String type, String reason, String message) {
    String path = record.init ? "spec.initContainers{" : "spec.containers{";
    events.event(pod, path + record.name + "}", type, reason, message);
  }

  private void retryIn(Duration delay) {
    retryAt(clock.instant().plus(delay));
  }

  /** Wakes the worker at a time, or at an earlier one that was asked for before. */
  private void retryAt(Instant at) {
    lock.lock();
    try {
      Instant now = clock.instant();
      if (timer != null && !timerAt.isAfter(at) && timerAt.isAfter(now)) {
        return;
      }
      if (timer != null) {
        timer.cancel();
      }
      timerAt = at;
      timer = clock.schedule(Duration.between(now, at).plusMillis(1), this::rang);
    } finally {
      lock.unlock();
    }
  }

  private void rang() {
    tell(() -> timerAt = Instant.MAX);
  }

  boolean isTerminated() {
    return terminated;
  }
}
