package dev.coracle.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.client.EventRecorder;
import dev.coracle.node.probes.Handlers;
import dev.coracle.node.probes.ProbeLoop;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs the probes of a Pod's containers and lets what they find count. */
final class ProbeManager {

  private final PodContext context;
  private final BiConsumer<ContainerRecord, String> restart;

  /**
   * @param restart ends a container that failed its startup or liveness probe, so that its restart
   *     policy says what comes then
   */
  ProbeManager(PodContext context, BiConsumer<ContainerRecord, String> restart) {
    this.context = context;
    this.restart = restart;
  }

  /** The others wait for the startup probe. */
  void start(ContainerRecord record, String id) {
    if (!record.spec.has("startupProbe")) {
      startLasting(record, id);
      return;
    }
    Runnable passed =
        () -> {
          if (!record.started) {
            record.started = true;
            record.ready = !record.spec.has("readinessProbe");
            record.closeProbes();
            startLasting(record, id);
          }
        };
    add(record, id, "startupProbe", "Startup", passed, () -> restart.accept(record, "startup"));
  }

  private void startLasting(ContainerRecord record, String id) {
    if (record.spec.has("livenessProbe")) {
      add(
          record,
          id,
          "livenessProbe",
          "Liveness",
          () -> {},
          () -> restart.accept(record, "liveness"));
    }
    if (record.spec.has("readinessProbe")) {
      add(
          record,
          id,
          "readinessProbe",
          "Readiness",
          () -> record.ready = true,
          () -> record.ready = false);
    }
  }

  private void add(
      ContainerRecord record,
      String id,
      String field,
      String word,
      Runnable passed,
      Runnable failed) {
    JsonNode probe = record.spec.path(field);
    String ip = context.probeIp();
    Listener listener = new Listener(record, id, word, passed, failed);
    record.probes.add(
        new ProbeLoop(
            probe,
            context.clock,
            timeout -> context.handlers.run(probe, record.spec, id, ip, timeout),
            listener));
  }

  private final class Listener implements ProbeLoop.Listener {
    private final ContainerRecord record;
    private final String id;
    private final String word;
    private final Runnable passed;
    private final Runnable failed;
    private @Nullable Boolean last;

    Listener(ContainerRecord record, String id, String word, Runnable passed, Runnable failed) {
      this.record = record;
      this.id = id;
      this.word = word;
      this.passed = passed;
      this.failed = failed;
    }

    @Override
    public void passed() {
      decide(true, passed);
    }

    @Override
    public void failed() {
      decide(false, failed);
    }

    private void decide(boolean success, Runnable action) {
      boolean changes = !Boolean.valueOf(success).equals(last);
      last = success;
      boolean again = !success && !word.equals("Readiness");
      if (changes || again) {
        context.updates.tell(
            () -> {
              if (id.equals(record.id) && record.isRunning() && !record.stopping) {
                action.run();
              }
            });
      }
    }

    @Override
    public void noticed(Handlers.Result result) {
      String text =
          switch (result.outcome()) {
            case SUCCESS, FAILURE -> " probe failed: ";
            case WARNING -> " probe warning: ";
            case UNKNOWN -> " probe errored and resulted in unknown state: ";
          };
      String reason = result.outcome() == Handlers.Outcome.WARNING ? "ProbeWarning" : "Unhealthy";
      context.event(record, EventRecorder.WARNING, reason, word + text + result.message());
    }
  }
}
