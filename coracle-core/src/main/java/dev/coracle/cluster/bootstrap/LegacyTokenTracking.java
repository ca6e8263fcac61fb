package dev.coracle.cluster.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;

/**
 * Says in {@code kube-system} since when the use of legacy ServiceAccount tokens is recorded
 * (KEP-2799), and says it again if somebody takes it away: but then since that day, and twice in
 * half an hour at most.
 */
public final class LegacyTokenTracking implements AutoCloseable {

  private static final GroupVersionResource CONFIG_MAPS = GroupVersionResource.core("configmaps");
  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "kube-apiserver-legacy-service-account-token-tracking";
  private static final Duration BETWEEN = Duration.ofMinutes(30);

  private final Client client;
  private final SharedInformer maps;
  private final Clock clock;
  private final Work<String> work;
  private Instant next = Instant.MIN;

  /** Returns at once. */
  public static LegacyTokenTracking start(Client client, Informers informers, Clock clock) {
    LegacyTokenTracking tracking = new LegacyTokenTracking(client, informers, clock);
    Thread unused = Thread.ofVirtual().name("legacy-token-tracking").start(tracking::run);
    return tracking;
  }

  private LegacyTokenTracking(Client client, Informers informers, Clock clock) {
    this.client = client;
    this.clock = clock;
    this.maps =
        informers.of(
            CONFIG_MAPS, NAMESPACE, ListOptions.ALL.withFieldSelector("metadata.name=" + NAME));
    this.work = new Work<>("legacy_token_tracking_controller", clock, 1, key -> sync());
  }

  private void run() {
    try {
      work.watch(maps, map -> work.queue().add(NAME));
      work.queue().add(NAME);
      work.start();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sync() {
    Instant now = clock.instant();
    String today = LocalDate.ofInstant(now, ZoneOffset.UTC).toString();
    KubeObject there = maps.get(NAMESPACE, NAME);
    if (there != null) {
      if (!isDate(there.text("data", "since"))) {
        ObjectNode tree = there.mutableTree();
        tree.withObject("/data").put("since", today);
        KubeObject unused = client.update(CONFIG_MAPS, NAMESPACE, NAME, tree);
      }
      return;
    }
    if (now.isBefore(next)) {
      work.queue().addAfter(NAME, Duration.between(now, next));
      return;
    }
    ObjectNode map = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
    map.putObject("metadata").put("name", NAME).put("namespace", NAMESPACE);
    map.putObject("data").put("since", today);
    try {
      KubeObject unused = client.create(CONFIG_MAPS, NAMESPACE, map);
      next = now.plus(BETWEEN);
    } catch (StatusException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
  }

  private static boolean isDate(String text) {
    try {
      LocalDate unused = LocalDate.parse(text);
      return true;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  @Override
  public void close() {
    work.stop();
  }
}
