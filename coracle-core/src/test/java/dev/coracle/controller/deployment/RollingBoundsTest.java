package dev.coracle.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.Transport;
import dev.coracle.cluster.TestCluster;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fifty Deployments with random sizes and bounds, rolled side by side, some of them changed again
 * in the middle: every event of the Pods' watch stream must show each within its bounds.
 */
class RollingBoundsTest {

  private static final int COUNT = 50;

  @TempDir private Path directory;

  /** One Deployment and what the stream has shown of its Pods. */
  private static final class Schedule {
    final String name;
    final int replicas;
    final int surge;
    final int unavailable;
    final int rolls;
    final Map<String, KubeObject> pods = new HashMap<>();
    boolean complete;
    int fewest = Integer.MAX_VALUE;
    int most;

    Schedule(int number, Random random) {
      name = "d" + number;
      replicas = 1 + random.nextInt(8);
      surge = random.nextInt(4);
      unavailable = surge == 0 ? 1 + random.nextInt(3) : random.nextInt(3);
      rolls = 1 + random.nextInt(3);
    }

    /** Takes an event; returns what it breaks, or an empty string. */
    String take(WatchEvent event) {
      KubeObject pod = event.object();
      if (event.type() == WatchEvent.Type.DELETED) {
        pods.remove(pod.uid());
      } else {
        pods.put(pod.uid(), pod);
      }
      int available = 0;
      int living = 0;
      for (KubeObject each : pods.values()) {
        if (!each.isDeleting()) {
          living++;
          available += Pods.isReady(each) ? 1 : 0;
        }
      }
      complete |= available == replicas;
      if (!complete) {
        return "";
      }
      fewest = Math.min(fewest, available);
      most = Math.max(most, living);
      if (available < replicas - unavailable) {
        return this + ": only " + available + " available";
      }
      return living > replicas + surge ? this + ": " + living + " Pods" : "";
    }

    @Override
    public String toString() {
      return name
          + " (replicas "
          + replicas
          + ", surge "
          + surge
          + ", unavailable "
          + unavailable
          + ")";
    }
  }

  private final List<Schedule> schedules = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();

  private synchronized void take(WatchEvent event) {
    String label = event.object().labels().getOrDefault("d", "");
    for (Schedule schedule : schedules) {
      if (schedule.name.equals(label)) {
        String breach = schedule.take(event);
        if (!breach.isEmpty()) {
          broken.add(breach);
        }
      }
    }
  }

  private synchronized boolean allComplete() {
    return schedules.stream().allMatch(schedule -> schedule.complete);
  }

  private static ObjectNode deployment(Schedule schedule) {
    ObjectNode deployment = Json.object().put("apiVersion", "apps/v1").put("kind", "Deployment");
    deployment.putObject("metadata").put("name", schedule.name);
    ObjectNode spec = deployment.putObject("spec").put("replicas", schedule.replicas);
    spec.putObject("strategy")
        .put("type", "RollingUpdate")
        .putObject("rollingUpdate")
        .put("maxSurge", schedule.surge)
        .put("maxUnavailable", schedule.unavailable);
    spec.putObject("selector").putObject("matchLabels").put("d", schedule.name);
    ObjectNode template = spec.putObject("template");
    template.putObject("metadata").putObject("labels").put("d", schedule.name);
    template
        .putObject("spec")
        .putArray("containers")
        .addObject()
        .put("name", "main")
        .put("image", "v0");
    return deployment;
  }

  private static void roll(Client client, Schedule schedule, int version) {
    KubeObject unused =
        client.patch(
            Resources.DEPLOYMENTS,
            "default",
            schedule.name,
            "",
            PatchType.STRATEGIC,
            Json.read(
                "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"v"
                    + version
                    + "\"}]}}}}"),
            WriteOptions.NONE);
  }

  private static boolean isRolledOut(Client client, Schedule schedule) {
    KubeObject deployment = client.get(Resources.DEPLOYMENTS, "default", schedule.name);
    return deployment.at("status", "observedGeneration").asLong() == deployment.generation()
        && deployment.at("status", "updatedReplicas").asInt() == schedule.replicas
        && deployment.at("status", "replicas").asInt() == schedule.replicas
        && deployment.at("status", "availableReplicas").asInt() == schedule.replicas;
  }

  @Test
  void rollingUpdates_ofFiftyDeployments_stayWithinTheirBounds() {
    Random random = new Random(20261121);
    for (int i = 0; i < COUNT; i++) {
      schedules.add(new Schedule(i, random));
    }
    try (TestCluster cluster = TestCluster.simulated(directory, 5)) {
      Client client = cluster.client();
      ListOptions now =
          ListOptions.ALL.withResourceVersion(
              String.valueOf(
                  client.list(Resources.PODS, "default", ListOptions.ALL).resourceVersion()));
      try (Transport.Watch watch =
          client.watch(
              Resources.PODS,
              "default",
              now,
              new Transport.WatchHandler() {
                @Override
                public void event(WatchEvent event) {
                  take(event);
                }

                @Override
                public void ended(StatusException cause) {}
              })) {
        for (Schedule schedule : schedules) {
          KubeObject unused = client.create(Resources.DEPLOYMENTS, "default", deployment(schedule));
        }
        await().atMost(Duration.ofMinutes(2)).until(this::allComplete);
        for (int version = 1; version <= 3; version++) {
          for (Schedule schedule : schedules) {
            if (version <= schedule.rolls) {
              roll(client, schedule, version);
            }
          }
        }
        for (Schedule schedule : schedules) {
          await().atMost(Duration.ofMinutes(2)).until(() -> isRolledOut(client, schedule));
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(schedules).as("some used their surge").anyMatch(s -> s.most > s.replicas);
    assertThat(schedules).as("some were short of Pods").anyMatch(s -> s.fewest < s.replicas);
  }
}
