package dev.coracle.controller.endpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Endpoints and EndpointSlices of the same Services: both must say the same. */
class EndpointsStoryTest {

  @AutoClose
  private final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start().withNode("node-1", "8", 100);

  @BeforeEach
  void prepare() {
    cluster.runPods(false);
  }

  private void service(String name, String spec) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: default, labels: {tier: front}}
            spec: {selector: {app: web}%s}
            """
                .formatted(name, spec));
  }

  private KubeObject pod(String name, String node, String spec) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, labels: {app: web}}
        spec:
          nodeName: %s
          containers: [{name: main, image: x, ports: [{name: http, containerPort: 8080}]}]
          %s
        """
            .formatted(name, node, spec));
  }

  private void run(String name, boolean ready, String ip) {
    cluster.setStatus(cluster.admin().get(Resources.PODS, "default", name), "Running", ready, ip);
  }

  private List<JsonNode> endpointsOf(String service) {
    List<JsonNode> found = new ArrayList<>();
    for (KubeObject slice : cluster.list(Resources.ENDPOINT_SLICES, "default")) {
      if (service.equals(slice.labels().get("kubernetes.io/service-name"))) {
        slice.at("endpoints").forEach(found::add);
      }
    }
    return found;
  }

  private JsonNode awaitEndpoint(String service, String ip, Predicate<JsonNode> good) {
    JsonNode[] found = new JsonNode[1];
    await(ip)
        .until(
            () -> {
              for (JsonNode one : endpointsOf(service)) {
                if (one.at("/addresses/0").asText().equals(ip) && good.test(one)) {
                  found[0] = one;
                  return true;
                }
              }
              return false;
            });
    return found[0];
  }

  private KubeObject awaitSubset(String service, String field, int addresses) {
    return cluster.awaitObject(
        Resources.ENDPOINTS,
        "default",
        service,
        object -> {
          int count = 0;
          for (JsonNode subset : object.at("subsets")) {
            count += subset.path(field).size();
          }
          return count == addresses;
        });
  }

  private static String conditions(JsonNode endpoint) {
    JsonNode conditions = endpoint.path("conditions");
    return conditions.path("ready")
        + " "
        + conditions.path("serving")
        + " "
        + conditions.path("terminating");
  }

  @Test
  void pod_itsLife_isShownInBoth() {
    service("web", ", ports: [{name: http, port: 80, targetPort: http}]");
    KubeObject unused = pod("one", "node-1", "");
    run("one", false, "10.0.0.1");
    JsonNode endpoint = awaitEndpoint("web", "10.0.0.1", one -> true);
    assertThat(conditions(endpoint)).isEqualTo("false false false");
    assertThat(endpoint.path("nodeName").asText()).isEqualTo("node-1");
    assertThat(endpoint.at("/targetRef/name").asText()).isEqualTo("one");
    unused = awaitSubset("web", "notReadyAddresses", 1);
    run("one", true, "10.0.0.1");
    endpoint = awaitEndpoint("web", "10.0.0.1", one -> one.at("/conditions/ready").asBoolean());
    assertThat(conditions(endpoint)).isEqualTo("true true false");
    KubeObject endpoints = awaitSubset("web", "addresses", 1);
    assertThat(endpoints.labels())
        .containsEntry("tier", "front")
        .containsEntry("endpoints.kubernetes.io/managed-by", "endpoint-controller");
    assertThat(endpoints.at("subsets").path(0).path("ports").toString())
        .isEqualTo("[{\"name\":\"http\",\"port\":8080,\"protocol\":\"TCP\"}]");
    cluster.setStatus(
        cluster.admin().get(Resources.PODS, "default", "one"), "Succeeded", false, "10.0.0.1");
    await().until(() -> endpointsOf("web").isEmpty());
    endpoints = awaitSubset("web", "addresses", 0);
    assertThat(endpoints.at("subsets")).isEmpty();
    cluster.admin().delete(Resources.SERVICES, "default", "web", DeleteOptions.DEFAULT);
    await().until(() -> cluster.admin().find(Resources.ENDPOINTS, "default", "web") == null);
    await().until(() -> cluster.list(Resources.ENDPOINT_SLICES, "default").isEmpty());
  }

  @Test
  void podThatEnds_isServingAndNotReady_unlessItsServiceWantsAllShown() {
    service("web", ", ports: [{port: 80}]");
    service("all", ", ports: [{port: 80}], publishNotReadyAddresses: true");
    String kept = "terminationGracePeriodSeconds: 600";
    KubeObject pod = pod("one", "node-1", kept);
    run("one", true, "10.0.0.1");
    JsonNode unused =
        awaitEndpoint("web", "10.0.0.1", one -> one.at("/conditions/ready").asBoolean());
    // a finalizer holds it where a node would end its containers
    ObjectNode tree = cluster.admin().get(Resources.PODS, "default", "one").mutableTree();
    tree.withObject("/metadata").putArray("finalizers").add("example.com/hold");
    KubeObject held = cluster.admin().update(Resources.PODS, "default", "one", tree);
    cluster.admin().delete(Resources.PODS, "default", "one", DeleteOptions.uid(held.uid()));
    JsonNode ending =
        awaitEndpoint("web", "10.0.0.1", one -> one.at("/conditions/terminating").asBoolean());
    assertThat(conditions(ending)).isEqualTo("false true true");
    ending = awaitEndpoint("all", "10.0.0.1", one -> one.at("/conditions/terminating").asBoolean());
    assertThat(conditions(ending)).isEqualTo("true true true");
    KubeObject endpoints = awaitSubset("web", "addresses", 0);
    assertThat(endpoints.at("subsets")).isEmpty();
    endpoints = awaitSubset("all", "addresses", 1);
    assertThat(pod.name()).isEqualTo("one");
  }

  @Test
  void podsOfOtherPorts_areInSlicesOfTheirOwn() {
    service(
        "web",
        ", ports: [{name: http, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: admin}]");
    KubeObject unused = pod("one", "node-1", "");
    unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: two, namespace: default, labels: {app: web}}
            spec:
              nodeName: node-1
              containers:
              - {name: main, image: x, ports: [{name: http, containerPort: 9090}, {name: admin, containerPort: 9091}]}
            """);
    run("one", true, "10.0.0.1");
    run("two", true, "10.0.0.2");
    await().until(() -> endpointsOf("web").size() == 2);
    assertThat(cluster.list(Resources.ENDPOINT_SLICES, "default"))
        .extracting(slice -> slice.at("ports").size())
        .containsExactlyInAnyOrder(1, 2);
    assertThat(awaitSubset("web", "addresses", 2).at("subsets")).hasSize(2);
  }

  @Test
  void headless_showsHostnamesOfItsSubdomain() {
    service("db", ", clusterIP: None, ports: [{port: 5432}]");
    KubeObject unused = pod("db-0", "node-1", "hostname: db-0\n  subdomain: db");
    run("db-0", true, "10.0.0.7");
    JsonNode endpoint = awaitEndpoint("db", "10.0.0.7", one -> true);
    assertThat(endpoint.path("hostname").asText()).isEqualTo("db-0");
    KubeObject endpoints = awaitSubset("db", "addresses", 1);
    assertThat(endpoints.labels()).containsEntry("service.kubernetes.io/headless", "");
    assertThat(endpoints.at("subsets").path(0).at("/addresses/0/hostname").asText())
        .isEqualTo("db-0");
  }

  @Test
  void podOfANodeThatIsNotThere_isShownWhenTheNodeComes() {
    service("web", ", ports: [{port: 80}]");
    KubeObject unused = pod("here", "node-1", "");
    unused = pod("lost", "node-2", "");
    run("here", true, "10.0.0.1");
    run("lost", true, "10.0.0.2");
    JsonNode one = awaitEndpoint("web", "10.0.0.1", endpoint -> true);
    assertThat(one).isNotNull();
    assertThat(endpointsOf("web")).hasSize(1);
    cluster.addNode("node-2", "8", 100);
    one = awaitEndpoint("web", "10.0.0.2", endpoint -> true);
    assertThat(one.path("nodeName").asText()).isEqualTo("node-2");
  }

  @Test
  void whatSomebodyChanges_andWhatHappensWithoutControllers_isMended() throws Exception {
    service("web", ", ports: [{port: 80}]");
    KubeObject unused = pod("one", "node-1", "");
    run("one", true, "10.0.0.1");
    JsonNode first = awaitEndpoint("web", "10.0.0.1", endpoint -> true);
    assertThat(first).isNotNull();
    for (KubeObject slice : cluster.list(Resources.ENDPOINT_SLICES, "default")) {
      cluster
          .admin()
          .delete(Resources.ENDPOINT_SLICES, "default", slice.name(), DeleteOptions.DEFAULT);
    }
    try {
      cluster.admin().delete(Resources.ENDPOINTS, "default", "web", DeleteOptions.DEFAULT);
    } catch (StatusException e) {
      assertThat(e.isNotFound()).isTrue();
    }
    first = awaitEndpoint("web", "10.0.0.1", endpoint -> true);
    unused = awaitSubset("web", "addresses", 1);
    cluster.restartControllers(
        () -> {
          KubeObject two = pod("two", "node-1", "");
          run(two.name(), true, "10.0.0.2");
          run("one", false, "10.0.0.1");
        });
    first = awaitEndpoint("web", "10.0.0.2", endpoint -> true);
    first = awaitEndpoint("web", "10.0.0.1", one -> !one.at("/conditions/ready").asBoolean());
    assertThat(endpointsOf("web")).hasSize(2);
    unused = awaitSubset("web", "notReadyAddresses", 1);
  }

  @Test
  void service_withTopologyMode_getsHintsWhenZonesAreKnown() {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: near
              namespace: default
              annotations: {service.kubernetes.io/topology-mode: Auto}
            spec: {selector: {app: web}, ports: [{port: 80}]}
            """);
    cluster.addNode("node-2", "8", 100);
    unused = pod("one", "node-1", "");
    unused = pod("two", "node-2", "");
    run("one", true, "10.0.0.1");
    run("two", true, "10.0.0.2");
    JsonNode one = awaitEndpoint("near", "10.0.0.1", endpoint -> !endpoint.has("hints"));
    assertThat(one).isNotNull();
    for (int i = 1; i <= 2; i++) {
      ObjectNode node = cluster.admin().get(Resources.NODES, "", "node-" + i).mutableTree();
      node.withObject("/metadata").remove("resourceVersion");
      node.withObject("/metadata")
          .withObject("/labels")
          .put("topology.kubernetes.io/zone", "zone-" + i);
      unused = cluster.admin().update(Resources.NODES, "", "node-" + i, node);
    }
    one =
        awaitEndpoint(
            "near",
            "10.0.0.1",
            endpoint -> endpoint.at("/hints/forZones/0/name").asText().equals("zone-1"));
    assertThat(one.path("zone").asText()).isEqualTo("zone-1");
  }
}
