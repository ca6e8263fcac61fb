package dev.coracle.controller.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A StatefulSet's Pod that its node rejects is made anew until the node takes it. */
class RejectedPodStoryTest {

  @TempDir private Path directory;

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void create(Client client, int port, String yaml) {
    var tree = ControlPlaneInMemory.yaml(yaml.replace("PORT", Integer.toString(port)));
    KubeObject unused =
        client.create(
            tree.path("kind").asText().equals("Pod") ? Resources.PODS : Resources.STATEFUL_SETS,
            "default",
            tree);
  }

  @Test
  void pod_whoseHostPortIsTaken_isMadeAnewUntilItIsFree() throws IOException {
    int port = freePort();
    try (TestCluster cluster = TestCluster.start(directory)) {
      Client client = cluster.client();
      create(
          client,
          port,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: holder}
          spec:
            nodeName: test-node
            terminationGracePeriodSeconds: 0
            containers:
            - {name: main, image: busybox, command: [sleep, "1000"],
               ports: [{hostPort: PORT, containerPort: PORT}]}
          """);
      await().until(() -> Pods.isReady(client.get(Resources.PODS, "default", "holder")));
      create(
          client,
          port,
          """
          apiVersion: apps/v1
          kind: StatefulSet
          metadata: {name: db}
          spec:
            selector: {matchLabels: {app: db}}
            template:
              metadata: {labels: {app: db}}
              spec:
                nodeName: test-node
                terminationGracePeriodSeconds: 0
                containers:
                - {name: main, image: busybox, command: [sleep, "1000"],
                   ports: [{hostPort: PORT, containerPort: PORT}]}
          """);
      AtomicReference<String> first = new AtomicReference<>("");
      await()
          .until(
              () -> {
                KubeObject pod = client.find(Resources.PODS, "default", "db-0");
                if (pod == null) {
                  return false;
                }
                assertThat(Pods.phase(pod)).isNotEqualTo("Running");
                return !first.compareAndSet("", pod.uid()) && !first.get().equals(pod.uid());
              });
      KubeObject unused =
          client.delete(
              Resources.PODS, "default", "holder", DeleteOptions.DEFAULT.withGracePeriodSeconds(0));
      await()
          .until(
              () -> {
                KubeObject pod = client.find(Resources.PODS, "default", "db-0");
                return pod != null && Pods.isReady(pod);
              });
    }
  }
}
