package dev.coracle.controller.disruption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DisruptionStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(
              new ControllableClock(new SystemClock(), Instant.parse("2026-01-01T00:00:00Z")))
          .withNode("node-1", "64", 200);

  private final String namespace = cluster.namespace();

  private void budget(String spec) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web, namespace: %s}
            spec: {selector: {matchLabels: {app: web}}, %s}
            """
                .formatted(namespace, spec));
  }

  private KubeObject awaitBudget(Predicate<KubeObject> good) {
    return cluster.awaitObject(Resources.POD_DISRUPTION_BUDGETS, namespace, "web", good);
  }

  private static Predicate<KubeObject> allows(int count) {
    return budget ->
        budget.at("status", "disruptionsAllowed").asInt(-1) == count
            && budget.at("status", "observedGeneration").asLong() == budget.generation();
  }

  private static String reason(KubeObject budget) {
    JsonNode allowed = Conditions.find(budget.at("status", "conditions"), "DisruptionAllowed");
    return allowed == null ? "" : allowed.path("reason").asText();
  }

  private KubeObject pod(String name, String more) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: %s, labels: {app: web}%s}
            spec: {containers: [{name: c, image: i}]}
            """
                .formatted(name, namespace, more));
    return cluster.awaitObject(Resources.PODS, namespace, name, Pods::isReady);
  }

  private void replicaSet(int replicas) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: web, namespace: %s}
            spec:
              replicas: %d
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: c, image: i}]}
            """
                .formatted(namespace, replicas));
  }

  private void evict(String pod) {
    KubeObject unused =
        cluster
            .admin()
            .createSubresource(
                Resources.PODS,
                namespace,
                pod,
                "eviction",
                ControlPlaneInMemory.yaml(
                    "{apiVersion: policy/v1, kind: Eviction, metadata: {name: %s}}"
                        .formatted(pod)));
  }

  /** Conformance: "should block an eviction until the PDB is updated to allow it". */
  @Test
  void eviction_beyondTheBudget_isRefusedUntilItAllows() {
    KubeObject pod = pod("one", "");
    budget("minAvailable: 1");
    KubeObject full = awaitBudget(allows(0));
    assertThat(reason(full)).isEqualTo("InsufficientPods");
    assertThat(full.at("status", "currentHealthy").asInt()).isEqualTo(1);
    assertThatThrownBy(() -> evict(pod.name()))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.code()).isEqualTo(429);
              assertThat(e.status().message())
                  .isEqualTo("Cannot evict pod as it would violate the pod's disruption budget.");
            });
    KubeObject second = pod("two", "");
    assertThat(reason(awaitBudget(allows(1)))).isEqualTo("SufficientPods");
    evict(pod.name());
    cluster.awaitGone(Resources.PODS, namespace, pod.name());
    awaitBudget(allows(0));
    assertThat(cluster.admin().get(Resources.PODS, namespace, second.name()).isDeleting())
        .isFalse();
    KubeObject unused =
        cluster.change(
            Resources.POD_DISRUPTION_BUDGETS, namespace, "web", "{spec: {minAvailable: 0}}");
    awaitBudget(allows(1));
  }

  @Test
  void percentages_areOfWhatTheControllersWant() {
    replicaSet(3);
    budget("minAvailable: 50%");
    KubeObject budget = awaitBudget(allows(1));
    assertThat(budget.at("status", "expectedPods").asInt()).isEqualTo(3);
    assertThat(budget.at("status", "desiredHealthy").asInt()).isEqualTo(2);
    KubeObject unused =
        cluster.change(Resources.REPLICA_SETS, namespace, "web", "{spec: {replicas: 5}}");
    awaitBudget(b -> allows(2).test(b) && b.at("status", "expectedPods").asInt() == 5);
  }

  @Test
  void maxUnavailable_podsOfNobody_areToldOfAndNotCounted() {
    pod("alone", "");
    budget("maxUnavailable: 1");
    KubeObject budget = awaitBudget(allows(0));
    assertThat(budget.at("status", "expectedPods").asInt()).isZero();
    await()
        .until(
            () ->
                cluster.events(namespace, "web").stream()
                    .anyMatch(
                        event ->
                            event.startsWith(
                                "UnmanagedPods: Pods selected by this PodDisruptionBudget (selector:"
                                    + " &LabelSelector{MatchLabels:map[string]string{app: web,},")));
  }

  @Test
  void maxUnavailable_controllerThatDoesNotScale_allowsNothing() {
    KubeObject owner =
        cluster.apply(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: odd, namespace: %s}}"
                .formatted(namespace));
    pod(
        "owned",
        ", ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: odd, uid: %s, controller: true}]"
            .formatted(owner.uid()));
    budget("maxUnavailable: 1");
    KubeObject budget = awaitBudget(b -> reason(b).equals("SyncFailed"));
    JsonNode why = Conditions.find(budget.at("status", "conditions"), "DisruptionAllowed");
    assertThat(why).isNotNull();
    assertThat(why.path("message").asText())
        .isEqualTo("configmaps does not implement the scale subresource");
    assertThat(budget.at("status", "disruptionsAllowed").asInt()).isZero();
    cluster.awaitEvent(
        namespace,
        "web",
        "CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods:"
            + " configmaps does not implement the scale subresource");
  }

  @Test
  void maxUnavailable_customResource_isAskedForItsScale() {
    cluster.define("Fleet");
    KubeObject fleet =
        cluster.apply(
            "{apiVersion: example.com/v1, kind: Fleet, metadata: {name: f, namespace: %s}, spec: {replicas: 4}}"
                .formatted(namespace));
    for (int i = 0; i < 3; i++) {
      pod(
          "ship-" + i,
          ", ownerReferences: [{apiVersion: example.com/v1, kind: Fleet, name: f, uid: %s, controller: true}]"
              .formatted(fleet.uid()));
    }
    budget("maxUnavailable: 50%");
    KubeObject budget = awaitBudget(allows(1));
    assertThat(budget.at("status", "expectedPods").asInt()).isEqualTo(4);
  }

  @Test
  void grantedEviction_podNotDeleted_countsForTwoMinutesOnly() {
    pod("one", "");
    pod("two", "");
    budget("minAvailable: 1");
    awaitBudget(allows(1));
    KubeObject unused =
        cluster.changeStatus(
            Resources.POD_DISRUPTION_BUDGETS,
            namespace,
            "web",
            "{status: {disruptionsAllowed: 0, disruptedPods: {one: \"%s\"}}}".formatted(now()));
    cluster.turn(Duration.ofSeconds(30));
    assertThat(awaitBudget(allows(0)).at("status", "disruptedPods").has("one")).isTrue();
    cluster.turn(Duration.ofSeconds(100));
    assertThat(awaitBudget(allows(1)).at("status").has("disruptedPods")).isFalse();
    cluster.awaitEvent(
        namespace,
        "one",
        "NotDeleted: Pod was expected by PDB %s/web to be deleted but it wasn't"
            .formatted(namespace));
  }

  private static String now() {
    return cluster.now().toString();
  }

  @Test
  void disruptionThatDidNotCome_isTakenBackAfterTwoMinutes() {
    KubeObject pod = pod("one", "");
    KubeObject unused =
        cluster.changeStatus(
            Resources.PODS,
            namespace,
            pod.name(),
            """
            {status: {conditions: [
              {type: Ready, status: "True"},
              {type: DisruptionTarget, status: "True", reason: PreemptionByScheduler, lastTransitionTime: "%s"}]}}
            """
                .formatted(now()));
    cluster.turn(Duration.ofSeconds(30));
    assertThat(
            Conditions.isTrue(
                cluster.admin().get(Resources.PODS, namespace, "one").at("status", "conditions"),
                "DisruptionTarget"))
        .isTrue();
    cluster.turn(Duration.ofSeconds(100));
    KubeObject cleaned =
        cluster.awaitObject(
            Resources.PODS,
            namespace,
            "one",
            p -> !Conditions.isTrue(p.at("status", "conditions"), "DisruptionTarget"));
    JsonNode condition = Conditions.find(cleaned.at("status", "conditions"), "DisruptionTarget");
    assertThat(condition).isNotNull();
    assertThat(condition.path("status").asText()).isEqualTo("False");
    assertThat(condition.has("reason")).isFalse();
  }

  @Test
  void podOfTwoBudgets_isWarnedOf() {
    budget("minAvailable: 1");
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: also, namespace: %s}
            spec: {selector: {}, minAvailable: 0}
            """
                .formatted(namespace));
    awaitBudget(allows(0));
    cluster.awaitEvent(namespace, "web", "NoPods: No matching pods found");
    pod("one", "");
    await()
        .until(
            () ->
                cluster.events(namespace, "one").stream()
                    .anyMatch(
                        event ->
                            event.startsWith(
                                "MultiplePodDisruptionBudgets: Pod \""
                                    + namespace
                                    + "\"/\"one\"")));
  }

  @Test
  void restart_podsWentMeanwhile_statusFollows() throws Exception {
    replicaSet(2);
    budget("minAvailable: 1");
    awaitBudget(allows(1));
    cluster.restartControllers(
        () -> {
          KubeObject unused =
              cluster.change(Resources.REPLICA_SETS, namespace, "web", "{spec: {replicas: 1}}");
        });
    awaitBudget(b -> allows(0).test(b) && b.at("status", "expectedPods").asInt() == 1);
  }
}
