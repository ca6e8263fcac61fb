package dev.coracle.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControllersStoryTest {

  private static final String NS = "story";

  @AutoClose
  private final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start().withNode("node-1", "32", 500);

  @BeforeEach
  void prepare() {
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: story}}");
  }

  private KubeObject deployment(int replicas, String image) {
    return cluster.apply(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: story}
        spec:
          replicas: %d
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: %s}]}
        """
            .formatted(replicas, image));
  }

  private KubeObject awaitRollout(int replicas) {
    return cluster.awaitObject(
        Resources.DEPLOYMENTS,
        NS,
        "web",
        d ->
            d.at("status", "observedGeneration").asLong() == d.generation()
                && d.at("status", "updatedReplicas").asInt() == replicas
                && d.at("status", "replicas").asInt() == replicas
                && d.at("status", "availableReplicas").asInt() == replicas
                && d.at("status", "conditions").toString().contains("NewReplicaSetAvailable"));
  }

  @Test
  void namespace_created_getsServiceAccountCaAndToken() {
    cluster.awaitObject(
        Resources.CONFIG_MAPS, NS, "kube-root-ca.crt", m -> m.text("data", "ca.crt").equals("CA"));
    KubeObject account =
        cluster.awaitObject(
            Resources.SERVICE_ACCOUNTS, NS, "default", a -> a.at("secrets").size() == 1);
    String secret = account.at("secrets").get(0).path("name").asText();
    assertThat(secret).matches("default-token-[a-z0-9]{5}");
    KubeObject token = cluster.admin().get(Resources.SECRETS, NS, secret);
    assertThat(token.at("data").properties().stream().map(e -> e.getKey()))
        .containsExactlyInAnyOrder("ca.crt", "namespace", "token");
  }

  @Test
  void job_podsSucceed_isComplete() {
    cluster.apply(
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: sum, namespace: story}
        spec:
          completions: 3
          parallelism: 2
          template:
            spec: {restartPolicy: Never, containers: [{name: main, image: one}]}
        """);
    for (int done = 0; done < 3; done++) {
      await()
          .until(
              () ->
                  cluster.list(Resources.PODS, NS).stream()
                      .anyMatch(p -> Pods.phase(p).equals("Running")));
      cluster.list(Resources.PODS, NS).stream()
          .filter(p -> Pods.phase(p).equals("Running"))
          .findFirst()
          .ifPresent(pod -> cluster.setStatus(pod, "Succeeded", false, ""));
    }
    KubeObject job =
        cluster.awaitObject(
            Resources.JOBS,
            NS,
            "sum",
            j -> Conditions.isTrue(j.at("status", "conditions"), "Complete"));
    assertThat(job.at("status", "succeeded").asInt()).isEqualTo(3);
    assertThat(job.at("status", "active").asInt()).isZero();
    assertThat(Conditions.isTrue(job.at("status", "conditions"), "SuccessCriteriaMet")).isTrue();
    assertThat(job.text("status", "completionTime")).isNotEmpty();
    assertThat(cluster.list(Resources.PODS, NS))
        .hasSize(3)
        .allSatisfy(pod -> assertThat(pod.finalizers()).isEmpty());
  }

  @Test
  void job_podFailsTooOften_isFailed() {
    cluster.apply(
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: bad, namespace: story}
        spec:
          backoffLimit: 0
          template:
            spec: {restartPolicy: Never, containers: [{name: main, image: one}]}
        """);
    await()
        .until(
            () ->
                cluster.list(Resources.PODS, NS).stream()
                    .anyMatch(p -> Pods.phase(p).equals("Running")));
    cluster.setStatus(cluster.list(Resources.PODS, NS).getFirst(), "Failed", false, "");
    KubeObject job =
        cluster.awaitObject(
            Resources.JOBS,
            NS,
            "bad",
            j -> Conditions.isTrue(j.at("status", "conditions"), "Failed"));
    assertThat(job.at("status", "failed").asInt()).isEqualTo(1);
    assertThat(job.at("status", "conditions").toString()).contains("BackoffLimitExceeded");
  }

  @Test
  void namespace_deleted_isEmptiedAndGone() {
    deployment(2, "one");
    awaitRollout(2);
    cluster.admin().delete(Resources.NAMESPACES, "", NS, DeleteOptions.DEFAULT);
    await().until(() -> cluster.admin().find(Resources.NAMESPACES, "", NS) == null);
    assertThat(cluster.list(Resources.PODS, NS)).isEmpty();
    assertThat(cluster.list(Resources.DEPLOYMENTS, NS)).isEmpty();
  }

  @Test
  void pod_thatFitsNowhere_saysWhyAndIsScheduledWhenItFits() {
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: big, namespace: story}
        spec:
          containers: [{name: main, image: one, resources: {requests: {cpu: "100"}}}]
        """);
    KubeObject pod =
        cluster.awaitObject(
            Resources.PODS,
            NS,
            "big",
            p -> p.at("status", "conditions").toString().contains("Unschedulable"));
    assertThat(
            Conditions.find(pod.at("status", "conditions"), "PodScheduled")
                .path("message")
                .asText())
        .startsWith("0/1 nodes are available: 1 Insufficient cpu.");
    ObjectNode patch = Json.object();
    patch.putObject("status").putObject("allocatable").put("cpu", "128");
    cluster
        .admin()
        .patch(Resources.NODES, "", "node-1", "status", PatchType.MERGE, patch, WriteOptions.NONE);
    cluster.awaitObject(Resources.PODS, NS, "big", p -> Pods.nodeName(p).equals("node-1"));
  }

  @Test
  void service_ofDeployment_hasEndpointsInBothForms() {
    deployment(2, "one");
    cluster.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: story}
        spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
        """);
    awaitRollout(2);
    KubeObject endpoints =
        cluster.awaitObject(
            Resources.ENDPOINTS,
            NS,
            "web",
            e -> e.at("subsets").path(0).path("addresses").size() == 2);
    assertThat(endpoints.at("subsets").path(0).path("ports").path(0).path("port").asInt())
        .isEqualTo(8080);
    await()
        .until(
            () -> {
              List<KubeObject> slices = cluster.list(Resources.ENDPOINT_SLICES, NS);
              return slices.size() == 1
                  && slices.getFirst().at("endpoints").size() == 2
                  && slices.getFirst().at("endpoints").toString().contains("\"ready\":true");
            });
    KubeObject slice = cluster.list(Resources.ENDPOINT_SLICES, NS).getFirst();
    assertThat(slice.labels()).containsEntry("kubernetes.io/service-name", "web");
    cluster.setStatus(cluster.list(Resources.PODS, NS).getFirst(), "Running", false, "");
    cluster.awaitObject(
        Resources.ENDPOINTS,
        NS,
        "web",
        e ->
            e.at("subsets").path(0).path("addresses").size() == 1
                && e.at("subsets").path(0).path("notReadyAddresses").size() == 1);
    cluster.admin().delete(Resources.SERVICES, NS, "web", DeleteOptions.background());
    await()
        .until(
            () ->
                cluster.list(Resources.ENDPOINT_SLICES, NS).isEmpty()
                    && cluster.list(Resources.ENDPOINTS, NS).isEmpty());
  }

  @Test
  void cronJob_everySecond_startsJobsAndListsThem() {
    cluster.apply(
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: tick, namespace: story}
        spec:
          schedule: "@every 1s"
          concurrencyPolicy: Forbid
          jobTemplate:
            spec:
              template:
                spec: {restartPolicy: Never, containers: [{name: main, image: one}]}
        """);
    KubeObject cron =
        cluster.awaitObject(
            Resources.CRON_JOBS, NS, "tick", c -> c.at("status", "active").size() == 1);
    assertThat(cluster.list(Resources.JOBS, NS))
        .singleElement()
        .satisfies(job -> assertThat(Owners.isControlledBy(job, cron)).isTrue());
  }

  @Test
  void budget_ofDeployment_countsAllowedDisruptions() {
    deployment(3, "one");
    cluster.apply(
        """
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web, namespace: story}
        spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
        """);
    KubeObject budget =
        cluster.awaitObject(
            Resources.POD_DISRUPTION_BUDGETS,
            NS,
            "web",
            b -> b.at("status", "disruptionsAllowed").asInt() == 1);
    assertThat(budget.at("status", "currentHealthy").asInt()).isEqualTo(3);
    assertThat(Conditions.isTrue(budget.at("status", "conditions"), "DisruptionAllowed")).isTrue();
  }

  private void patchNode(String json) {
    cluster
        .admin()
        .patch(
            Resources.NODES,
            "",
            "node-1",
            "",
            PatchType.STRATEGIC,
            Json.read(json),
            WriteOptions.NONE);
  }

  private void requestingPod(String name, String more) {
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: story}
        spec: {containers: [{name: main, image: one, resources: {requests: {cpu: "20"}}}]%s}
        """
            .formatted(name, more));
  }

  private void awaitUnschedulable(String name) {
    cluster.awaitObject(
        Resources.PODS,
        NS,
        name,
        p -> p.at("status", "conditions").toString().contains("Unschedulable"));
  }

  private void awaitScheduled(String name) {
    cluster.awaitObject(Resources.PODS, NS, name, p -> !Pods.nodeName(p).isEmpty());
  }

  @Test
  void pendingPod_nodeUncordonedAfterManyChanges_isScheduledWithinItsBackOff() {
    patchNode("{\"spec\":{\"unschedulable\":true}}");
    requestingPod("waits", "");
    awaitUnschedulable("waits");
    cluster.awaitObject(
        Resources.NODES, "", "node-1", n -> n.at("spec", "taints").toString().contains("unsch"));
    for (int i = 0; i < 10; i++) {
      patchNode("{\"metadata\":{\"labels\":{\"turn\":\"" + i + "\"}}}");
    }
    patchNode("{\"spec\":{\"unschedulable\":null}}");
    awaitScheduled("waits");
  }

  @Test
  void pendingPod_labelAddedOrPodDeleted_isScheduled() {
    requestingPod("first", "");
    awaitScheduled("first");
    requestingPod("picky", ", nodeSelector: {disk: ssd}");
    requestingPod("large", "");
    awaitUnschedulable("picky");
    awaitUnschedulable("large");
    cluster.admin().delete(Resources.PODS, NS, "first", DeleteOptions.DEFAULT);
    awaitScheduled("large");
    cluster.admin().delete(Resources.PODS, NS, "large", DeleteOptions.DEFAULT);
    patchNode("{\"metadata\":{\"labels\":{\"disk\":\"ssd\"}}}");
    awaitScheduled("picky");
  }
}
