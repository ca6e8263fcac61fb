package dev.coracle.controller.endpoints;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlicePlanTest {

  private static final KubeObject SERVICE =
      Make.object(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: web, namespace: ns, uid: service}
          spec: {clusterIP: 10.96.0.9, selector: {app: web}, ports: [{name: http, port: 80, targetPort: web}]}
          """);

  private static KubeObject pod(int n, boolean ready) {
    return Make.object(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p%d, namespace: ns, uid: u%d}
        spec: {nodeName: node-1, containers: [{name: main, ports: [{name: web, containerPort: 8080}]}]}
        status:
          phase: Running
          podIP: 10.0.%d.%d
          conditions: [{type: Ready, status: "%s"}]
        """
            .formatted(n, n, n / 250, n % 250, ready ? "True" : "False"));
  }

  private static SlicePlan plan(List<KubeObject> existing, List<KubeObject> pods) {
    return new SlicePlan(
        SERVICE,
        existing,
        Map.of("IPv4", Backends.of(SERVICE, pods, "IPv4")),
        Topology.of(SERVICE, node -> "zone-a"),
        "");
  }

  private static List<KubeObject> stored(SlicePlan plan) {
    List<KubeObject> slices = new ArrayList<>();
    for (ObjectNode tree : plan.create) {
      tree.withObject("/metadata")
          .put("name", "web-" + slices.size())
          .put("uid", "s" + slices.size());
      slices.add(KubeObject.of(tree));
    }
    return slices;
  }

  @Test
  void plan_noPods_isOneEmptySlice() {
    SlicePlan plan = plan(List.of(), List.of());
    assertThat(plan.create)
        .singleElement()
        .satisfies(s -> assertThat(s.path("endpoints")).isEmpty());
    assertThat(plan(stored(plan), List.of()).update).isEmpty();
  }

  @Test
  void plan_manyPods_fillsSlicesOfHundred() {
    List<KubeObject> pods = new ArrayList<>();
    for (int i = 1; i <= 250; i++) {
      pods.add(pod(i, true));
    }
    SlicePlan plan = plan(List.of(), pods);
    assertThat(plan.create)
        .extracting(s -> s.path("endpoints").size())
        .containsExactly(100, 100, 50);
    assertThat(plan.create.getFirst().path("ports").get(0).path("port").asInt()).isEqualTo(8080);
  }

  @Test
  void plan_nothingChanged_writesNothing() {
    List<KubeObject> pods = List.of(pod(1, true), pod(2, false));
    SlicePlan again = plan(stored(plan(List.of(), pods)), pods);
    assertThat(again.create).isEmpty();
    assertThat(again.update).isEmpty();
    assertThat(again.delete).isEmpty();
  }

  @Test
  void plan_onePodMoreAndOneLess_changesOneSlice() {
    List<KubeObject> slices = stored(plan(List.of(), List.of(pod(1, true), pod(2, true))));
    SlicePlan plan = plan(slices, List.of(pod(2, true), pod(3, false)));
    assertThat(plan.create).isEmpty();
    assertThat(plan.delete).isEmpty();
    assertThat(plan.update)
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.path("endpoints")).hasSize(2);
              assertThat(s.path("endpoints").get(1).path("conditions").path("ready").asBoolean())
                  .isFalse();
            });
  }

  private static KubeObject service(String distribution, String labels) {
    return Make.object(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: ns, uid: service, labels: {%s}}
        spec:
          clusterIP: 10.96.0.9
          selector: {app: web}
          trafficDistribution: %s
          ports: [{port: 80, targetPort: web}]
        """
            .formatted(labels, distribution));
  }

  private static ObjectNode slice(KubeObject service, List<KubeObject> pods) {
    return new SlicePlan(
            service,
            List.of(),
            Map.of("IPv4", Backends.of(service, pods, "IPv4")),
            Topology.of(service, node -> "zone-a"),
            "2026-01-01T00:00:00Z")
        .create.getFirst();
  }

  @Test
  void plan_trafficDistribution_hintsAtReadyEndpoints() {
    List<KubeObject> pods = List.of(pod(1, true), pod(2, false));
    String zone = "{\"forZones\":[{\"name\":\"zone-a\"}]}";
    for (String distribution : List.of("PreferClose", "PreferSameZone")) {
      ObjectNode slice = slice(service(distribution, ""), pods);
      assertThat(slice.at("/endpoints/0/hints").toString()).isEqualTo(zone);
      assertThat(slice.at("/endpoints/1").has("hints")).isFalse();
    }
    assertThat(slice(service("PreferSameNode", ""), pods).at("/endpoints/0/hints").toString())
        .isEqualTo("{\"forZones\":[{\"name\":\"zone-a\"}],\"forNodes\":[{\"name\":\"node-1\"}]}");
    assertThat(slice(SERVICE, pods).at("/endpoints/0").has("hints")).isFalse();
  }

  @Test
  void plan_labelsThatServicesMayNotGive_areTheControllersOwn() {
    ObjectNode slice =
        slice(
            service(
                "PreferClose",
                "service.kubernetes.io/headless: \"\", kubernetes.io/service-name: other, a: b"),
            List.of());
    assertThat(KubeObject.of(slice).labels())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "kubernetes.io/service-name", "web",
                "a", "b",
                "endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"));
    assertThat(slice.at("/metadata/annotations").path(TriggerTimes.ANNOTATION).asText())
        .isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void plan_slicesOfAnEarlierService_go() {
    List<KubeObject> slices = stored(plan(List.of(), List.of(pod(1, true))));
    ObjectNode tree = slices.getFirst().mutableTree();
    ((ObjectNode) tree.at("/metadata/ownerReferences/0")).put("uid", "earlier");
    SlicePlan plan = plan(List.of(KubeObject.of(tree)), List.of(pod(1, true)));
    assertThat(plan.delete).hasSize(1);
    assertThat(plan.create).hasSize(1);
  }
}
