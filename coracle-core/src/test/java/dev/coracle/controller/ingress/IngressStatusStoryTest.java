package dev.coracle.controller.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.client.AddressPool;
import dev.coracle.client.Client;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngressStatusStoryTest {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");

  private static TestCluster cluster;
  private static Client client;

  @BeforeAll
  static void start(@TempDir Path directory) {
    cluster =
        TestCluster.start(
            TestCluster.options(
                    directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE)
                .toBuilder()
                .loadBalancers(AddressPool.parse("198.51.100.8/29"))
                .build());
    client = cluster.client();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static void create(GroupVersionResource resource, String namespace, String yaml) {
    KubeObject unused = client.create(resource, namespace, ControlPlaneInMemory.yaml(yaml));
  }

  private static void namespace(String name) {
    create(
        NAMESPACES, "", "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
  }

  private static void publishingClass(String name, String namespace, String annotations) {
    create(
        Resources.INGRESS_CLASSES,
        "",
        """
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: %s, annotations: {%s}}
        spec:
          controller: coracle.dev/publish-service
          parameters: {kind: Service, scope: Namespace, namespace: %s, name: front}
        """
            .formatted(name, annotations, namespace));
  }

  private static void front(String namespace) {
    create(
        Resources.SERVICES,
        namespace,
        """
        apiVersion: v1
        kind: Service
        metadata: {name: front, namespace: %s}
        spec: {type: LoadBalancer, selector: {app: front}, ports: [{port: 80}]}
        """
            .formatted(namespace));
  }

  private static void ingress(String namespace, String name, String more) {
    create(
        Resources.INGRESSES,
        namespace,
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: %s, namespace: %s}
        spec: {defaultBackend: {service: {name: web, port: {number: 80}}}%s}
        """
            .formatted(name, namespace, more));
  }

  private static String addresses(GroupVersionResource resource, String namespace, String name) {
    StringBuilder text = new StringBuilder();
    client
        .get(resource, namespace, name)
        .at("status", "loadBalancer", "ingress")
        .forEach(one -> text.append(one.path("ip").asText()).append(one.path("hostname").asText()));
    return text.toString();
  }

  private static String addresses(String namespace, String name) {
    return addresses(Resources.INGRESSES, namespace, name);
  }

  @Test
  void ingress_ofAPublishingClass_hasTheServicesAddressesWhileItHasThem() {
    namespace("publish");
    publishingClass("publish", "publish", "");
    ingress("publish", "web", ", ingressClassName: publish");
    front("publish");
    await().until(() -> !addresses("publish", "web").isEmpty());
    assertThat(addresses("publish", "web"))
        .isEqualTo(addresses(Resources.SERVICES, "publish", "front"))
        .startsWith("198.51.100.");
    client.delete(Resources.SERVICES, "publish", "front", DeleteOptions.DEFAULT);
    await().until(() -> addresses("publish", "web").isEmpty());
    front("publish");
    await().until(() -> !addresses("publish", "web").isEmpty());
    client.delete(Resources.INGRESS_CLASSES, "", "publish", DeleteOptions.DEFAULT);
    await().until(() -> addresses("publish", "web").isEmpty());
  }

  @Test
  void ingress_withoutClass_hasThoseOfTheDefaultClass() {
    namespace("standard");
    ingress("standard", "before", "");
    publishingClass(
        "standard", "standard", "ingressclass.kubernetes.io/is-default-class: \"true\"");
    front("standard");
    await().until(() -> !addresses("standard", "before").isEmpty());
    ingress("standard", "after", "");
    await().until(() -> !addresses("standard", "after").isEmpty());
    assertThat(
            client.get(Resources.INGRESSES, "standard", "after").text("spec", "ingressClassName"))
        .isEqualTo("standard");
    client.delete(Resources.INGRESS_CLASSES, "", "standard", DeleteOptions.DEFAULT);
  }

  @Test
  void ingress_ofAnotherController_keepsWhatThatOneWrote() {
    namespace("foreign");
    publishingClass("ours", "foreign", "");
    create(
        Resources.INGRESS_CLASSES,
        "",
        """
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: theirs}
        spec: {controller: example.com/theirs}
        """);
    ingress("foreign", "theirs", ", ingressClassName: theirs");
    ObjectNode tree = client.get(Resources.INGRESSES, "foreign", "theirs").mutableTree();
    tree.putObject("status")
        .putObject("loadBalancer")
        .putArray("ingress")
        .addObject()
        .put("hostname", "lb.example.com");
    KubeObject unused = client.updateStatus(Resources.INGRESSES, "foreign", "theirs", tree);
    ingress("foreign", "ours", ", ingressClassName: ours");
    front("foreign");
    await().until(() -> !addresses("foreign", "ours").isEmpty());
    client.delete(Resources.SERVICES, "foreign", "front", DeleteOptions.DEFAULT);
    await().until(() -> addresses("foreign", "ours").isEmpty());
    assertThat(addresses("foreign", "theirs")).isEqualTo("lb.example.com");
  }
}
