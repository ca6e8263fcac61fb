package dev.coracle.controller.endpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.List;
import org.junit.jupiter.api.Test;

class MirroringStoryTest {

  private static List<KubeObject> slices(ControlPlaneInMemory cluster) {
    return cluster.list(Resources.ENDPOINT_SLICES, "default").stream()
        .filter(
            slice ->
                MirrorPlan.MANAGER.equals(
                    slice.labels().get("endpointslice.kubernetes.io/managed-by")))
        .toList();
  }

  @Test
  void endpoints_ofServiceWithoutSelector_areMirrored() throws Exception {
    try (ControlPlaneInMemory cluster = ControlPlaneInMemory.start()) {
      cluster.apply(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: db, namespace: default}
          spec: {ports: [{port: 5432, name: sql}]}
          """);
      ObjectNode endpoints =
          ControlPlaneInMemory.yaml(
              """
              apiVersion: v1
              kind: Endpoints
              metadata: {name: db, namespace: default, labels: {tier: data}}
              subsets:
              - addresses: [{ip: 192.0.2.10, hostname: one}]
                notReadyAddresses: [{ip: 192.0.2.11}]
                ports: [{port: 5432, name: sql}]
              """);
      KubeObject made = cluster.admin().create(Resources.ENDPOINTS, "default", endpoints);
      await().until(() -> slices(cluster).size() == 1);
      KubeObject slice = slices(cluster).getFirst();
      assertThat(slice.labels())
          .containsEntry("kubernetes.io/service-name", "db")
          .containsEntry("tier", "data");
      assertThat(slice.name()).startsWith("db-");
      assertThat(slice.ownerReferences().getFirst().uid()).isEqualTo(made.uid());
      assertThat(slice.at("endpoints").path(0).path("hostname").asText()).isEqualTo("one");
      assertThat(slice.at("endpoints").path(1).at("/conditions/ready").asBoolean()).isFalse();
      assertThat(slice.at("ports").path(0).path("port").asInt()).isEqualTo(5432);

      ObjectNode changed = cluster.admin().get(Resources.ENDPOINTS, "default", "db").mutableTree();
      changed.withArray("/subsets").removeAll();
      changed
          .withArray("/subsets")
          .add(
              ControlPlaneInMemory.yaml(
                  "{addresses: [{ip: 192.0.2.20}], ports: [{port: 5433, name: sql}]}"));
      KubeObject unused = cluster.admin().update(Resources.ENDPOINTS, "default", "db", changed);
      await()
          .until(
              () ->
                  slices(cluster).size() == 1
                      && slices(cluster)
                          .getFirst()
                          .at("endpoints")
                          .toString()
                          .contains("192.0.2.20"));

      ObjectNode skipped = cluster.admin().get(Resources.ENDPOINTS, "default", "db").mutableTree();
      skipped
          .withObject("/metadata")
          .withObject("/labels")
          .put("endpointslice.kubernetes.io/skip-mirror", "true");
      unused = cluster.admin().update(Resources.ENDPOINTS, "default", "db", skipped);
      await().until(() -> slices(cluster).isEmpty());
      skipped = cluster.admin().get(Resources.ENDPOINTS, "default", "db").mutableTree();
      skipped.withObject("/metadata").remove("labels");
      unused = cluster.admin().update(Resources.ENDPOINTS, "default", "db", skipped);
      await().until(() -> slices(cluster).size() == 1);
      unused = cluster.admin().delete(Resources.ENDPOINTS, "default", "db", DeleteOptions.DEFAULT);
      await().until(() -> slices(cluster).isEmpty());
    }
  }

  @Test
  void plan_moreThanThousandAndBothFamilies_areToldApart() {
    ObjectNode tree =
        ControlPlaneInMemory.yaml(
            """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: db, namespace: default, uid: u}
            """);
    ObjectNode subset = tree.putArray("subsets").addObject();
    var addresses = subset.putArray("addresses");
    addresses.addObject().put("ip", "2001:db8::1");
    addresses.addObject().put("ip", "nonsense");
    for (int i = 0; i < 1005; i++) {
      addresses.addObject().put("ip", "10.1." + i / 250 + "." + (i % 250 + 1));
    }
    subset.putArray("ports").addObject().put("port", 80);
    MirrorPlan plan = new MirrorPlan(KubeObject.of(tree), List.of());
    assertThat(plan.invalid).isEqualTo(1);
    assertThat(plan.tooMany).isEqualTo(6);
    assertThat(plan.create)
        .extracting(slice -> slice.path("addressType").asText())
        .containsExactlyInAnyOrder("IPv4", "IPv6");
  }
}
