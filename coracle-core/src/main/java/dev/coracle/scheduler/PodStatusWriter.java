package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what scheduling found into the status of Pods, beside the loop that finds it. For each Pod
 * only the newest news wait, and one write is under way.
 */
final class PodStatusWriter {

  private static final Logger LOG = LoggerFactory.getLogger(PodStatusWriter.class);
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final int WRITERS = 8;

  /**
   * What is to be written.
   *
   * @param reason of the condition PodScheduled, which becomes False; empty for no condition
   * @param nominated the node that the Pod is promised; empty for none; null for no change
   * @param anyway whether that is written even if the Pod, as it was known here, says so: it may
   *     have been promised a node since
   */
  private record News(
      KubeObject pod, String reason, String message, @Nullable String nominated, boolean anyway) {

    /** These, and what the older ones say that these do not. */
    News over(@Nullable News older) {
      if (older == null) {
        return this;
      }
      boolean silent = reason.isEmpty();
      return new News(
          pod,
          silent ? older.reason : reason,
          silent ? older.message : message,
          nominated == null ? older.nominated : nominated,
          anyway || older.anyway);
    }
  }

  private final Client client;
  private final Clock clock;
  private final Map<String, News> waiting = new LinkedHashMap<>();
  private final Set<String> beingWritten = new HashSet<>();
  private int writers;

  PodStatusWriter(Client client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /** The Pod could not be scheduled. */
  void notScheduled(KubeObject pod, String reason, String message, @Nullable String nominated) {
    write(new News(pod, reason, message, nominated, false));
  }

  /** The Pod is promised a node; none if empty. */
  void nominated(KubeObject pod, String node) {
    write(new News(pod, "", "", node, true));
  }

  private synchronized void write(News news) {
    waiting.put(news.pod.uid(), news.over(waiting.get(news.pod.uid())));
    if (writers < WRITERS) {
      writers++;
      Thread.ofVirtual().name("pod-status").start(this::run);
    }
  }

  private void run() {
    for (News news = next(); news != null; news = next()) {
      try {
        patch(news);
      } catch (StatusException e) {
        LOG.debug("status of {} not written: {}", news.pod, e.getMessage());
      } catch (RuntimeException e) {
        LOG.warn("status of {} not written", news.pod, e);
      } finally {
        done(news);
      }
    }
  }

  private synchronized void done(News news) {
    beingWritten.remove(news.pod.uid());
  }

  private synchronized @Nullable News next() {
    for (News news : waiting.values()) {
      if (beingWritten.add(news.pod.uid())) {
        waiting.remove(news.pod.uid());
        return news;
      }
    }
    writers--;
    return null;
  }

  private void patch(News news) {
    ObjectNode patch = Json.object();
    ObjectNode status = patch.putObject("status");
    KubeObject pod = news.pod;
    boolean known = pod.text("status", "nominatedNodeName").equals(news.nominated);
    if (news.nominated != null && (news.anyway || !known)) {
      if (news.nominated.isEmpty()) {
        status.putNull("nominatedNodeName");
      } else {
        status.put("nominatedNodeName", news.nominated);
      }
    }
    JsonNode shown = condition(pod);
    if (!news.reason.isEmpty() && !says(shown, news)) {
      ObjectNode condition =
          status
              .putArray("conditions")
              .addObject()
              .put("type", "PodScheduled")
              .put("status", "False")
              .put("reason", news.reason)
              .put("message", news.message);
      if (pod.generation() > 0) {
        condition.put("observedGeneration", pod.generation());
      }
      condition.putNull("lastProbeTime");
      if (!shown.path("status").asText().equals("False")) {
        condition.put("lastTransitionTime", Timestamps.seconds(clock.instant()));
      }
    }
    if (!status.isEmpty()) {
      client.patch(
          PODS,
          pod.namespace(),
          pod.name(),
          "status",
          PatchType.STRATEGIC,
          patch,
          WriteOptions.NONE);
    }
  }

  private static JsonNode condition(KubeObject pod) {
    for (JsonNode condition : pod.at("status", "conditions")) {
      if (condition.path("type").asText().equals("PodScheduled")) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  private static boolean says(JsonNode condition, News news) {
    return condition.path("status").asText().equals("False")
        && condition.path("reason").asText().equals(news.reason)
        && condition.path("message").asText().equals(news.message);
  }
}
