package dev.coracle.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import dev.coracle.client.AddressPool;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.network.PodBridge;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Service's address of the pool leads to its Pods, from this machine, while it has it. */
class LoadBalancerTest {

  private static final GroupVersionResource SERVICES = GroupVersionResource.core("services");
  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final String ADDRESS = "198.51.100.77";

  @TempDir Path directory;

  private static void create(TestCluster cluster, GroupVersionResource resource, String yaml) {
    ObjectNode tree = (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
    KubeObject unused = cluster.client().create(resource, "default", tree);
  }

  /** Tried anew each second: what left before the address was the machine's gets no answer. */
  private static boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(ADDRESS, 80), 1000);
      socket.setSoTimeout(1000);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .startsWith("hello");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void service_ofTypeLoadBalancer_answersAtItsAddress() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs rights for namespaces");
    assumeTrue(PodBridge.obstacle() == null, "needs ip and nft");
    ClusterOptions options =
        TestCluster.options(directory, ClusterOptions.Runtime.PROCESS, ClusterOptions.Part.ALL)
            .toBuilder()
            .loadBalancers(AddressPool.parse(ADDRESS))
            .build();
    try (TestCluster cluster = TestCluster.start(options)) {
      await()
          .until(
              () ->
                  cluster
                          .client()
                          .find(GroupVersionResource.core("serviceaccounts"), "default", "default")
                      != null);
      create(
          cluster,
          PODS,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: web, labels: {app: web}}
          spec:
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: host
              command:
              - python3
              - -c
              - |
                import socket
                s = socket.create_server(("", 8080))
                while True:
                    c, a = s.accept()
                    c.sendall(b"hello")
                    c.close()
          """);
      create(
          cluster,
          SERVICES,
          """
          apiVersion: v1
          kind: Service
          metadata: {name: web}
          spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
          """);
      await().until(LoadBalancerTest::answers);
      ObjectNode tree = cluster.client().get(SERVICES, "default", "web").mutableTree();
      assertThat(tree.at("/status/loadBalancer/ingress/0/ipMode").asText()).isEqualTo("VIP");
      tree.withObject("/spec")
          .put("loadBalancerIP", "")
          .putArray("loadBalancerSourceRanges")
          .add("203.0.113.0/24");
      KubeObject unused = cluster.client().update(SERVICES, "default", "web", tree);
      await("nobody else is let in").until(LoadBalancerTest::isKeptOut);
      tree = cluster.client().get(SERVICES, "default", "web").mutableTree();
      tree.withObject("/spec").remove("loadBalancerSourceRanges");
      unused = cluster.client().update(SERVICES, "default", "web", tree);
      await().until(LoadBalancerTest::answers);
    }
  }

  /** Packets are dropped: the connection is not made in a second. */
  private static boolean isKeptOut() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(ADDRESS, 80), 1000);
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
