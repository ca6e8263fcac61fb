package dev.coracle.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.controller.PodStream;
import dev.coracle.controller.Resources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  private record Schedule(String name, int replicas, int surge, int unavailable, int rolls) {

    static Schedule random(int number, Random random) {
      int replicas = 1 + random.nextInt(8);
      int surge = random.nextInt(4);
      int unavailable = surge == 0 ? 1 + random.nextInt(3) : random.nextInt(3);
      return new Schedule("d" + number, replicas, surge, unavailable, 1 + random.nextInt(3));
    }

    ObjectNode deployment() {
      ObjectNode deployment = Json.object().put("apiVersion", "apps/v1").put("kind", "Deployment");
      deployment.putObject("metadata").put("name", name);
      ObjectNode spec = deployment.putObject("spec").put("replicas", replicas);
      spec.putObject("strategy")
          .put("type", "RollingUpdate")
          .putObject("rollingUpdate")
          .put("maxSurge", surge)
          .put("maxUnavailable", unavailable);
      spec.putObject("selector").putObject("matchLabels").put(PodStream.LABEL, name);
      ObjectNode template = spec.putObject("template");
      template.putObject("metadata").putObject("labels").put(PodStream.LABEL, name);
      template
          .putObject("spec")
          .putArray("containers")
          .addObject()
          .put("name", "main")
          .put("image", "v0");
      return deployment;
    }

    void roll(Client client, int version) {
      KubeObject unused =
          client.patch(
              Resources.DEPLOYMENTS,
              "default",
              name,
              "",
              PatchType.STRATEGIC,
              Json.read(
                  "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"v"
                      + version
                      + "\"}]}}}}"),
              WriteOptions.NONE);
    }

    boolean isRolledOut(Client client) {
      KubeObject deployment = client.get(Resources.DEPLOYMENTS, "default", name);
      return deployment.at("status", "observedGeneration").asLong() == deployment.generation()
          && deployment.at("status", "updatedReplicas").asInt() == replicas
          && deployment.at("status", "replicas").asInt() == replicas
          && deployment.at("status", "availableReplicas").asInt() == replicas;
    }
  }

  @Test
  void rollingUpdates_ofFiftyDeployments_stayWithinTheirBounds() {
    Random random = new Random(20261121);
    List<Schedule> schedules = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      schedules.add(Schedule.random(i, random));
    }
    try (TestCluster cluster = TestCluster.simulated(directory, 5);
        PodStream stream = new PodStream(cluster.client(), "default")) {
      Client client = cluster.client();
      for (Schedule schedule : schedules) {
        stream.expect(
            schedule.name,
            schedule.replicas,
            schedule.replicas - schedule.unavailable,
            schedule.replicas + schedule.surge);
        KubeObject unused = client.create(Resources.DEPLOYMENTS, "default", schedule.deployment());
      }
      await().until(stream::allComplete);
      for (int version = 1; version <= 3; version++) {
        for (Schedule schedule : schedules) {
          if (version <= schedule.rolls) {
            schedule.roll(client, version);
          }
        }
      }
      for (Schedule schedule : schedules) {
        await().until(() -> schedule.isRolledOut(client));
      }
      assertThat(stream.broken()).isEmpty();
      assertThat(stream.bounds()).as("some used their surge").anyMatch(PodStream.Bounds::surged);
      assertThat(stream.bounds())
          .as("some were short of Pods")
          .anyMatch(PodStream.Bounds::wasShort);
    }
  }
}
