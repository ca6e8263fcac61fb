package dev.coracle.controller.servicecidr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ServiceAddressesStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private KubeObject service(String name, String spec) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: default}
        spec: {ports: [{port: 80}]%s}
        """
            .formatted(name, spec));
  }

  private void serviceCidr(String name, String cidr) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: networking.k8s.io/v1
            kind: ServiceCIDR
            metadata: {name: %s}
            spec: {cidrs: ["%s"]}
            """
                .formatted(name, cidr));
  }

  private void awaitReady(String name) {
    KubeObject unused =
        cluster.awaitObject(
            Resources.SERVICE_CIDRS,
            "",
            name,
            one -> Conditions.isTrue(one.at("status", "conditions"), "Ready"));
  }

  private KubeObject address(String ip, String labels, String service) {
    return cluster
        .admin()
        .create(
            Resources.IP_ADDRESSES,
            "",
            ControlPlaneInMemory.yaml(
                """
                apiVersion: networking.k8s.io/v1
                kind: IPAddress
                metadata: {name: "%s", labels: {%s}}
                spec: {parentRef: {resource: services, namespace: default, name: %s}}
                """
                    .formatted(ip, labels, service)));
  }

  private KubeObject findAddress(String ip) {
    return cluster.admin().find(Resources.IP_ADDRESSES, "", ip);
  }

  private void delete(GroupVersionResource resource, String namespace, String name) {
    cluster.admin().delete(resource, namespace, name, DeleteOptions.DEFAULT);
  }

  private void awaitEvent(String reason, String message) {
    await(reason)
        .until(
            () ->
                cluster.list(GroupVersionResource.core("events"), "default").stream()
                    .anyMatch(
                        event ->
                            event.text("reason").equals(reason)
                                && event.text("message").equals(message)));
  }

  @Test
  void service_itsLife_isThatOfItsIpAddress() {
    String ip = service("one", "").text("spec", "clusterIP");
    KubeObject address = findAddress(ip);
    assertThat(address.labels())
        .containsEntry("ipaddress.kubernetes.io/ip-family", "IPv4")
        .containsEntry("ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io");
    JsonNode parent = address.at("spec", "parentRef");
    assertThat(parent.toString())
        .isEqualTo("{\"name\":\"one\",\"namespace\":\"default\",\"resource\":\"services\"}");
    ObjectNode tree = cluster.admin().get(Resources.SERVICES, "default", "one").mutableTree();
    tree.withObject("/spec").put("type", "ExternalName").put("externalName", "example.com");
    assertThat(
            cluster
                .admin()
                .update(Resources.SERVICES, "default", "one", tree)
                .text("spec", "clusterIP"))
        .isEmpty();
    assertThat(findAddress(ip)).isNull();
    String second = service("two", ", clusterIP: " + ip).text("spec", "clusterIP");
    assertThat(findAddress(second)).isNotNull();
    delete(Resources.SERVICES, "default", "two");
    assertThat(findAddress(second)).isNull();
  }

  @Test
  void serviceThatIsRefused_leavesNoAddress() {
    String ip = service("taken", "").text("spec", "clusterIP");
    assertThatThrownBy(() -> service("taken", ""))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("already exists");
    assertThat(cluster.list(Resources.IP_ADDRESSES, "")).hasSize(1);
    assertThatThrownBy(() -> service("other", ", clusterIP: " + ip))
        .hasMessageContaining(
            "spec.clusterIPs: Invalid value: [\""
                + ip
                + "\"]: failed to allocate IP "
                + ip
                + ": provided IP is already allocated");
    assertThat(cluster.list(Resources.IP_ADDRESSES, "")).hasSize(1);
  }

  @Test
  void ipAddressOfAUser_keepsServicesAway() {
    KubeObject unused = address("10.96.0.77", "", "nobody");
    assertThatThrownBy(() -> service("late", ", clusterIP: 10.96.0.77"))
        .hasMessageContaining("provided IP is already allocated");
    delete(Resources.IP_ADDRESSES, "", "10.96.0.77");
    assertThat(service("late", ", clusterIP: 10.96.0.77").text("spec", "clusterIP"))
        .isEqualTo("10.96.0.77");
    assertThatThrownBy(() -> address("10.96.0.77", "", "nobody"))
        .hasMessage("ipaddresses.networking.k8s.io \"10.96.0.77\" already exists");
  }

  @Test
  void ipAddress_ofNoForm_isRefused() {
    assertThatThrownBy(() -> address("web", "", "x"))
        .hasMessageContaining(
            "metadata.name: Invalid value: \"web\": must be a valid IP address, (e.g. 10.9.8.7 or"
                + " 2001:db8::ffff)");
    assertThatThrownBy(() -> address("fe80:0::1", "", "x"))
        .hasMessageContaining("must be in canonical form (\"fe80::1\")");
    assertThatThrownBy(() -> address("010.1.1.1", "", "x"))
        .hasMessageContaining("must not have leading 0s");
    assertThatThrownBy(() -> address("::ffff:10.1.1.1", "", "x"))
        .hasMessageContaining("must not be an IPv4-mapped IPv6 address");
    KubeObject unused = address("fe80::42:1dff:fe84:f9e2", "", "x");
    ObjectNode patch = Json.object();
    patch.putObject("spec").putObject("parentRef").put("name", "y");
    assertThatThrownBy(
            () ->
                cluster
                    .admin()
                    .patch(
                        Resources.IP_ADDRESSES,
                        "",
                        "fe80::42:1dff:fe84:f9e2",
                        "",
                        PatchType.MERGE,
                        patch,
                        WriteOptions.NONE))
        .hasMessageContaining("spec.parentRef: Invalid value")
        .hasMessageContaining("field is immutable");
  }

  @Test
  void ipAddress_thatSomebodyDeletes_comesBack() {
    String ip = service("robbed", "").text("spec", "clusterIP");
    String uid = findAddress(ip).uid();
    delete(Resources.IP_ADDRESSES, "", ip);
    KubeObject back =
        cluster.awaitObject(Resources.IP_ADDRESSES, "", ip, one -> !one.uid().equals(uid));
    assertThat(back.text("spec", "parentRef", "name")).isEqualTo("robbed");
    awaitEvent(
        "ClusterIPNotAllocated", "Cluster IP [IPv4]: " + ip + " is not allocated; repairing");
  }

  @Test
  void ipAddress_whoseServiceHasAnother_isCleaned() {
    String ip = service("one", "").text("spec", "clusterIP");
    String labels =
        "ipaddress.kubernetes.io/ip-family: IPv4,"
            + " ipaddress.kubernetes.io/managed-by: ipallocator.k8s.io";
    String wrong = ip.equals("10.96.0.9") ? "10.96.0.8" : "10.96.0.9";
    KubeObject unused = address(wrong, labels, "one");
    await().until(() -> findAddress(wrong) == null);
    awaitEvent(
        "IPAddressWrongReference",
        "IPAddress: " + wrong + " for Service default/one has a wrong reference; cleaning up");
    assertThat(findAddress(ip)).isNotNull();
  }

  @Test
  void controllersStopped_whatWasMadeMeanwhile_isRepaired() throws Exception {
    String ip = service("one", "").text("spec", "clusterIP");
    cluster.restartControllers(() -> delete(Resources.IP_ADDRESSES, "", ip));
    KubeObject unused = cluster.awaitObject(Resources.IP_ADDRESSES, "", ip, one -> true);
  }

  @Test
  void serviceCidr_further_extendsTheRange() {
    assertThatThrownBy(() -> service("early", ", clusterIP: 203.0.113.10"))
        .hasMessageContaining("the provided network does not match the current range");
    serviceCidr("kubernetes", "192.0.2.0/30");
    awaitReady("kubernetes");
    Set<String> ips = new HashSet<>();
    ips.add(service("a", "").text("spec", "clusterIP"));
    ips.add(service("b", "").text("spec", "clusterIP"));
    assertThat(ips).containsExactlyInAnyOrder("192.0.2.1", "192.0.2.2");
    assertThatThrownBy(() -> service("c", ""))
        .hasMessage("Internal error occurred: failed to allocate a serviceIP: range is full");
    serviceCidr("more", "203.0.113.0/24");
    awaitReady("more");
    assertThat(service("c", "").text("spec", "clusterIP")).startsWith("203.0.113.");
    assertThatThrownBy(() -> service("d", ", clusterIP: 203.0.113.255"))
        .hasMessageContaining(
            "the provided IP (203.0.113.255) is not in the valid range. The range of valid IPs is"
                + " 203.0.113.0/24");
  }

  @Test
  void serviceCidr_deletedWithAddresses_waitsForThem() {
    serviceCidr("more", "203.0.113.0/24");
    awaitReady("more");
    assertThat(cluster.admin().get(Resources.SERVICE_CIDRS, "", "more").finalizers())
        .containsExactly("networking.k8s.io/service-cidr-finalizer");
    KubeObject unused = service("holder", ", clusterIP: 203.0.113.10");
    delete(Resources.SERVICE_CIDRS, "", "more");
    KubeObject waiting =
        cluster.awaitObject(
            Resources.SERVICE_CIDRS,
            "",
            "more",
            one -> {
              JsonNode ready = Conditions.find(one.at("status", "conditions"), "Ready");
              return ready != null && ready.path("reason").asText().equals("Terminating");
            });
    assertThat(
            Conditions.find(waiting.at("status", "conditions"), "Ready").path("message").asText())
        .isEqualTo(
            "There are still IPAddresses referencing the ServiceCIDR, please remove them or create"
                + " a new ServiceCIDR");
    assertThatThrownBy(() -> service("late", ", clusterIP: 203.0.113.11"))
        .hasMessageContaining("the provided network does not match the current range");
    delete(Resources.SERVICES, "default", "holder");
    await().until(() -> cluster.admin().find(Resources.SERVICE_CIDRS, "", "more") == null);
  }

  @Test
  void serviceCidr_coveredByAnother_goesWithItsAddresses() {
    serviceCidr("small", "203.0.113.0/28");
    awaitReady("small");
    KubeObject unused = service("holder", ", clusterIP: 203.0.113.10");
    delete(Resources.SERVICE_CIDRS, "", "small");
    unused =
        cluster.awaitObject(
            Resources.SERVICE_CIDRS,
            "",
            "small",
            one -> !Conditions.isTrue(one.at("status", "conditions"), "Ready"));
    serviceCidr("large", "203.0.113.0/24");
    await().until(() -> cluster.admin().find(Resources.SERVICE_CIDRS, "", "small") == null);
  }

  @Test
  void serviceCidr_wrong_isRefused() {
    assertThatThrownBy(() -> serviceCidr("wrong", "10.0.0.1/8"))
        .hasMessageContaining(
            "spec.cidrs[0]: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix"
                + " length");
    assertThatThrownBy(() -> serviceCidr("wrong", "ten/8"))
        .hasMessageContaining("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    serviceCidr("right", "10.0.0.0/8");
    awaitReady("right");
    ObjectNode tree = cluster.admin().get(Resources.SERVICE_CIDRS, "", "right").mutableTree();
    tree.withObject("/spec").putArray("cidrs").add("11.0.0.0/8");
    assertThatThrownBy(() -> cluster.admin().update(Resources.SERVICE_CIDRS, "", "right", tree))
        .hasMessageContaining("spec.cidrs[0]: Invalid value: \"11.0.0.0/8\": field is immutable");
    tree.withObject("/spec").putArray("cidrs").add("10.0.0.0/8").add("2001:db8::/64");
    assertThat(
            cluster
                .admin()
                .update(Resources.SERVICE_CIDRS, "", "right", tree)
                .at("spec", "cidrs")
                .size())
        .isEqualTo(2);
  }
}
