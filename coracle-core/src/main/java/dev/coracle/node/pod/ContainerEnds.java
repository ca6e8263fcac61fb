package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import dev.coracle.node.runtime.ContainerStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the end of a container leaves in its record: its terminated state, with its last words. */
final class ContainerEnds {

  private static final Logger LOG = LoggerFactory.getLogger(ContainerEnds.class);

  private final PodContext context;
  private final PodContainers containers;

  ContainerEnds(PodContext context, PodContainers containers) {
    this.context = context;
    this.containers = containers;
  }

  void take(ContainerStatus exit) {
    for (ContainerRecord record : containers.all()) {
      if (exit.id().equals(record.id)) {
        ended(record, exit);
      }
    }
  }

  private void ended(ContainerRecord record, ContainerStatus exit) {
    record.closeProbes();
    record.state = ContainerRecord.State.TERMINATED;
    record.stopping = false;
    record.ready = false;
    record.started = false;
    record.id = null;
    Instant end = exit.finishedAt() == null ? context.clock.instant() : exit.finishedAt();
    record.finishedAt = end;
    record.justEnded = true;
    ObjectNode state = Json.object();
    state.put("exitCode", exit.exitCode());
    state.put("reason", exit.reason());
    int attempt = record.attempts - 1;
    Path log = context.configs.log(context.pod, record.name, attempt);
    Path file = context.configs.terminationFile(context.pod, record.name, attempt);
    String message =
        context.runtime.usesVolumes()
            ? TerminationMessage.read(record.spec, exit.exitCode(), file, log, exit.message())
            : exit.message();
    if (!message.isEmpty()) {
      state.put("message", message);
    }
    state.put("startedAt", record.startedAt == null ? Timestamps.seconds(end) : record.startedAt);
    state.put("finishedAt", Timestamps.seconds(end));
    state.put("containerID", context.runtimeName + "://" + exit.id());
    record.terminated = state;
    removeOldLog(record);
  }

  /** The logs of the latest two starts are kept. */
  private void removeOldLog(ContainerRecord record) {
    Path old = context.configs.log(context.pod, record.name, record.attempts - 3);
    try {
      boolean unused = Files.deleteIfExists(old);
    } catch (IOException e) {
      LOG.debug("log {}", old, e);
    }
  }
}
