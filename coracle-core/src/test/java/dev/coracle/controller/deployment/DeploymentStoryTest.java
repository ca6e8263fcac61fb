package dev.coracle.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Deployments through the API: rollouts, what goes wrong with them, and what is told of it. */
class DeploymentStoryTest {

  private static ControllableClock clock;
  private static ControlPlaneInMemory cluster;

  @BeforeAll
  static void start() throws Exception {
    clock = new ControllableClock(new SystemClock());
    cluster = new ControlPlaneInMemory(clock);
    cluster.addNode("node-1", "64", 500);
  }

  @AfterAll
  static void stop() {
    cluster.close();
    clock.close();
  }

  private static KubeObject deployment(StoryNamespace space, int replicas, String more) {
    return space.create(
        Resources.DEPLOYMENTS,
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: %d
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: one}]}
        %s
        """
            .formatted(replicas, more.indent(2)));
  }

  private static KubeObject awaitRollout(StoryNamespace space, int replicas) {
    return space.awaitObserved(
        Resources.DEPLOYMENTS,
        "web",
        d ->
            d.at("status", "updatedReplicas").asInt() == replicas
                && d.at("status", "replicas").asInt() == replicas
                && d.at("status", "availableReplicas").asInt() == replicas
                && reason(d, "Progressing").equals("NewReplicaSetAvailable"));
  }

  private static JsonNode condition(KubeObject object, String type) {
    JsonNode condition = Conditions.find(object.at("status", "conditions"), type);
    return condition == null ? MissingNode.getInstance() : condition;
  }

  private static String reason(KubeObject object, String type) {
    return condition(object, type).path("reason").asText();
  }

  private static String annotation(KubeObject object, String name) {
    return object.at("metadata", "annotations").path("deployment.kubernetes.io/" + name).asText();
  }

  /** The ReplicaSet whose Pods have an image. */
  private static KubeObject setOf(StoryNamespace space, String image) {
    return space.list(Resources.REPLICA_SETS).stream()
        .filter(
            set ->
                set.at("spec", "template", "spec", "containers")
                    .path(0)
                    .path("image")
                    .asText()
                    .equals(image))
        .findFirst()
        .orElseThrow();
  }

  private static void image(StoryNamespace space, String image) {
    KubeObject unused = space.image(Resources.DEPLOYMENTS, "web", image);
  }

  private static void patch(StoryNamespace space, String yaml) {
    KubeObject unused = space.patch(Resources.DEPLOYMENTS, "web", yaml);
  }

  @Test
  void rollout_ofNewTemplatesAndBack_isNumberedAndTold() {
    StoryNamespace space = new StoryNamespace(cluster, "rollout");
    KubeObject created = deployment(space, 3, "");
    KubeObject deployment = awaitRollout(space, 3);
    KubeObject first = setOf(space, "one");
    assertThat(Owners.isControlledBy(first, created)).isTrue();
    assertThat(first.name()).isEqualTo("web-" + first.labels().get("pod-template-hash"));
    assertThat(annotation(first, "desired-replicas")).isEqualTo("3");
    assertThat(annotation(first, "max-replicas")).isEqualTo("4");
    assertThat(condition(deployment, "Progressing").path("message").asText())
        .isEqualTo("ReplicaSet \"" + first.name() + "\" has successfully progressed.");
    assertThat(reason(deployment, "Available")).isEqualTo("MinimumReplicasAvailable");
    space.awaitEvent(
        "web", "Normal ScalingReplicaSet Scaled up replica set " + first.name() + " from 0 to 3");

    image(space, "two");
    deployment = awaitRollout(space, 3);
    assertThat(annotation(deployment, "revision")).isEqualTo("2");
    assertThat(space.awaitReady(3)).allMatch(p -> StoryNamespace.image(p).equals("two"));
    space.awaitEvent("web", "Scaled down replica set " + first.name() + " from 1 to 0");

    image(space, "one");
    deployment = awaitRollout(space, 3);
    assertThat(annotation(deployment, "revision")).isEqualTo("3");
    assertThat(space.list(Resources.REPLICA_SETS)).hasSize(2);
    KubeObject again = setOf(space, "one");
    assertThat(annotation(again, "revision")).isEqualTo("3");
    assertThat(annotation(again, "revision-history")).isEqualTo("1");
  }

  @Test
  void rollbackAnnotation_toARevision_bringsItsTemplateBack() {
    StoryNamespace space = new StoryNamespace(cluster, "rollback");
    deployment(space, 1, "");
    awaitRollout(space, 1);
    image(space, "two");
    awaitRollout(space, 1);
    patch(space, "metadata: {annotations: {deprecated.deployment.rollback.to: '0'}}");
    space.awaitEvent(
        "web", "Normal DeploymentRollback Rolled back deployment \"web\" to revision 1");
    KubeObject deployment = awaitRollout(space, 1);
    assertThat(deployment.at("spec", "template").toString()).contains("\"one\"");
    assertThat(deployment.at("metadata", "annotations").toString()).doesNotContain("rollback");
    patch(space, "metadata: {annotations: {deprecated.deployment.rollback.to: '77'}}");
    space.awaitEvent(
        "web",
        "Warning DeploymentRollbackRevisionNotFound Unable to find the revision to rollback to.");
  }

  @Test
  void annotations_ofTheDeployment_areItsNewReplicaSets() {
    StoryNamespace space = new StoryNamespace(cluster, "annotations");
    deployment(space, 1, "");
    awaitRollout(space, 1);
    patch(
        space,
        "metadata: {annotations: {kubernetes.io/change-cause: why,"
            + " kubectl.kubernetes.io/last-applied-configuration: '{}'}}");
    space.await(
        Resources.REPLICA_SETS,
        setOf(space, "one").name(),
        set ->
            set.at("metadata", "annotations")
                    .path("kubernetes.io/change-cause")
                    .asText()
                    .equals("why")
                && !set.at("metadata", "annotations").toString().contains("last-applied"));
  }

  @Test
  void recreate_newTemplate_endsAllOldPodsFirst() {
    StoryNamespace space = new StoryNamespace(cluster, "recreate");
    deployment(
        space,
        2,
        """
        strategy: {type: Recreate}
        """);
    awaitRollout(space, 2);
    KubeObject held = space.pods().getFirst();
    KubeObject unused =
        space.patch(Resources.PODS, held.name(), "metadata: {finalizers: [test.io/hold]}");
    image(space, "two");
    StoryNamespace.eventually(() -> space.pods().isEmpty());
    space.awaitObserved(
        Resources.DEPLOYMENTS, "web", d -> reason(d, "Available").startsWith("MinimumReplicasUn"));
    assertThat(space.list(Resources.REPLICA_SETS)).hasSize(1);
    unused =
        space.patch(
            Resources.PODS, held.name(), "", PatchType.MERGE, "metadata: {finalizers: null}");
    awaitRollout(space, 2);
    assertThat(space.pods()).allMatch(p -> StoryNamespace.image(p).equals("two"));
  }

  @Test
  void paused_newTemplate_waitsUntilResumed() {
    StoryNamespace space = new StoryNamespace(cluster, "paused");
    deployment(space, 2, "");
    awaitRollout(space, 2);
    patch(space, "spec: {paused: true}");
    KubeObject paused =
        space.await(
            Resources.DEPLOYMENTS, "web", d -> reason(d, "Progressing").equals("DeploymentPaused"));
    assertThat(condition(paused, "Progressing").path("status").asText()).isEqualTo("Unknown");
    assertThat(condition(paused, "Progressing").path("message").asText())
        .isEqualTo("Deployment is paused");
    image(space, "two");
    patch(space, "spec: {replicas: 4}");
    space.awaitReady(4);
    assertThat(space.list(Resources.REPLICA_SETS)).hasSize(1);
    patch(space, "spec: {paused: false}");
    awaitRollout(space, 4);
    assertThat(space.awaitReady(4)).allMatch(p -> StoryNamespace.image(p).equals("two"));
  }

  @Test
  void deadline_passedWithoutProgress_isToldAndOverWithTheNextTemplate() {
    StoryNamespace space = new StoryNamespace(cluster, "deadline");
    deployment(space, 2, "progressDeadlineSeconds: 30");
    awaitRollout(space, 2);
    image(space, ControlPlaneInMemory.UNREADY);
    space.awaitObserved(
        Resources.DEPLOYMENTS,
        "web",
        d ->
            reason(d, "Progressing").equals("ReplicaSetUpdated")
                && d.at("status", "updatedReplicas").asInt() == 1
                && d.at("status", "unavailableReplicas").asInt() == 1);
    clock.advance(Duration.ofSeconds(40));
    KubeObject late =
        space.await(
            Resources.DEPLOYMENTS,
            "web",
            d -> reason(d, "Progressing").equals("ProgressDeadlineExceeded"));
    assertThat(condition(late, "Progressing").path("status").asText()).isEqualTo("False");
    assertThat(condition(late, "Progressing").path("message").asText())
        .isEqualTo(
            "ReplicaSet \""
                + setOf(space, ControlPlaneInMemory.UNREADY).name()
                + "\" has timed out progressing.");
    assertThat(reason(late, "Available")).isEqualTo("MinimumReplicasAvailable");
    image(space, "three");
    awaitRollout(space, 2);
  }

  @Test
  void scaled_inTheMiddleOfARollout_keepsTheProportions() {
    StoryNamespace space = new StoryNamespace(cluster, "proportions");
    deployment(
        space,
        10,
        """
        strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 3, maxUnavailable: 2}}
        """);
    awaitRollout(space, 10);
    image(space, ControlPlaneInMemory.UNREADY);
    space.awaitObserved(
        Resources.DEPLOYMENTS,
        "web",
        d ->
            d.at("status", "replicas").asInt() == 13
                && d.at("status", "updatedReplicas").asInt() == 5
                && d.at("status", "availableReplicas").asInt() == 8);
    KubeObject unused = space.scale(Resources.DEPLOYMENTS, "web", 30);
    StoryNamespace.eventually(
        () ->
            Rollout.specReplicas(setOf(space, "one")) == 20
                && Rollout.specReplicas(setOf(space, ControlPlaneInMemory.UNREADY)) == 13);
    image(space, "two");
    awaitRollout(space, 30);
  }

  @Test
  void rollover_newTemplateBeforeTheLastIsOut_leavesOnlyTheNewest() {
    StoryNamespace space = new StoryNamespace(cluster, "rollover");
    deployment(space, 4, "minReadySeconds: 5");
    clock.advance(Duration.ofSeconds(6));
    space.awaitReady(4);
    clock.advance(Duration.ofSeconds(6));
    awaitRollout(space, 4);
    image(space, "two");
    StoryNamespace.eventually(() -> space.list(Resources.REPLICA_SETS).size() == 2);
    image(space, "three");
    StoryNamespace.eventually(
        () -> {
          clock.advance(Duration.ofSeconds(6));
          KubeObject deployment = space.get(Resources.DEPLOYMENTS, "web");
          return deployment.at("status", "updatedReplicas").asInt() == 4
              && deployment.at("status", "availableReplicas").asInt() == 4
              && deployment.at("status", "replicas").asInt() == 4
              && deployment.at("status", "observedGeneration").asLong() == deployment.generation();
        });
    assertThat(space.awaitReady(4)).allMatch(p -> StoryNamespace.image(p).equals("three"));
  }

  @Test
  void historyLimit_ofNone_deletesOldReplicaSets() {
    StoryNamespace space = new StoryNamespace(cluster, "history");
    deployment(space, 1, "revisionHistoryLimit: 0");
    awaitRollout(space, 1);
    image(space, "two");
    awaitRollout(space, 1);
    StoryNamespace.eventually(() -> space.list(Resources.REPLICA_SETS).size() == 1);
    assertThat(setOf(space, "two").at("status", "replicas").asInt()).isEqualTo(1);
  }

  @Test
  void replicaSet_ofNobodyThatMatches_isAdoptedWithItsRevision() {
    StoryNamespace space = new StoryNamespace(cluster, "adoption");
    KubeObject orphan =
        space.create(
            Resources.REPLICA_SETS,
            """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata:
              name: before
              labels: {app: web, pod-template-hash: old}
              annotations: {deployment.kubernetes.io/revision: "3546343826724305832"}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web, pod-template-hash: old}}
              template:
                metadata: {labels: {app: web, pod-template-hash: old}}
                spec: {containers: [{name: main, image: zero}]}
            """);
    space.awaitReady(1);
    KubeObject deployment = deployment(space, 1, "");
    deployment = awaitRollout(space, 1);
    assertThat(annotation(deployment, "revision")).isEqualTo("3546343826724305833");
    KubeObject adopted = space.get(Resources.REPLICA_SETS, "before");
    assertThat(adopted.uid()).isEqualTo(orphan.uid());
    assertThat(Owners.isControlledBy(adopted, deployment)).isTrue();
    assertThat(adopted.at("spec", "replicas").asInt()).isZero();
  }

  @Test
  void replicaSets_ofAnotherDeploymentWithTheSameSelector_areLeftAlone() {
    StoryNamespace space = new StoryNamespace(cluster, "conflict");
    deployment(space, 2, "");
    awaitRollout(space, 2);
    Set<String> mine = space.uids();
    KubeObject other =
        space.create(
            Resources.DEPLOYMENTS,
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: rival}
            spec:
              replicas: 3
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: main, image: rival}]}
            """);
    space.awaitObserved(
        Resources.DEPLOYMENTS, "rival", d -> d.at("status", "availableReplicas").asInt() == 3);
    assertThat(space.uids()).containsAll(mine).hasSize(5);
    assertThat(Owners.isControlledBy(setOf(space, "rival"), other)).isTrue();
    KubeObject unused = space.scale(Resources.DEPLOYMENTS, "rival", 0);
    space.awaitPods(pods -> pods.size() == 2);
    assertThat(space.uids()).isEqualTo(mine);
  }

  @Test
  void orphaned_thenCreatedAgain_takesItsReplicaSetBack() {
    StoryNamespace space = new StoryNamespace(cluster, "orphaned");
    deployment(space, 2, "");
    awaitRollout(space, 2);
    Set<String> pods = space.uids();
    space.orphan(Resources.DEPLOYMENTS, "web");
    StoryNamespace.eventually(
        () -> cluster.admin().find(Resources.DEPLOYMENTS, "orphaned", "web") == null);
    KubeObject orphan = setOf(space, "one");
    assertThat(orphan.ownerReferences()).isEmpty();
    deployment(space, 2, "");
    awaitRollout(space, 2);
    assertThat(space.list(Resources.REPLICA_SETS))
        .singleElement()
        .satisfies(set -> assertThat(set.uid()).isEqualTo(orphan.uid()));
    assertThat(space.uids()).isEqualTo(pods);
  }

  @Test
  void deleted_inBackgroundOrForeground_takesAllAlong() {
    StoryNamespace space = new StoryNamespace(cluster, "deleted");
    deployment(space, 2, "");
    awaitRollout(space, 2);
    space.delete(Resources.DEPLOYMENTS, "web");
    StoryNamespace.eventually(
        () -> space.pods().isEmpty() && space.list(Resources.REPLICA_SETS).isEmpty());
    deployment(space, 2, "");
    awaitRollout(space, 2);
    KubeObject unused =
        cluster
            .admin()
            .delete(
                Resources.DEPLOYMENTS,
                "deleted",
                "web",
                new DeleteOptions(false, null, "Foreground", null, null));
    StoryNamespace.eventually(
        () -> cluster.admin().find(Resources.DEPLOYMENTS, "deleted", "web") == null);
    assertThat(space.list(Resources.REPLICA_SETS)).isEmpty();
    assertThat(space.pods()).isEmpty();
  }

  @Test
  void hashCollision_withAForeignReplicaSet_isAvoidedAndCounted() {
    StoryNamespace space = new StoryNamespace(cluster, "collision");
    deployment(space, 1, "");
    awaitRollout(space, 1);
    String name = setOf(space, "one").name();
    space.delete(Resources.DEPLOYMENTS, "web");
    StoryNamespace.eventually(() -> space.list(Resources.REPLICA_SETS).isEmpty());
    KubeObject unused =
        space.create(
            Resources.REPLICA_SETS,
            """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: %s}
            spec:
              replicas: 0
              selector: {matchLabels: {app: foreign}}
              template:
                metadata: {labels: {app: foreign}}
                spec: {containers: [{name: main, image: foreign}]}
            """
                .formatted(name));
    deployment(space, 1, "");
    KubeObject deployment = awaitRollout(space, 1);
    assertThat(deployment.at("status", "collisionCount").asInt()).isEqualTo(1);
    assertThat(setOf(space, "one").name()).isNotEqualTo(name);
  }

  @Test
  void quota_usedUp_isAConditionUntilItIsRaised() {
    StoryNamespace space = new StoryNamespace(cluster, "quota");
    quota(space, 1);
    deployment(space, 3, "");
    KubeObject deployment =
        space.await(
            Resources.DEPLOYMENTS, "web", d -> reason(d, "ReplicaFailure").equals("FailedCreate"));
    assertThat(condition(deployment, "ReplicaFailure").path("message").asText())
        .contains(
            "is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1");
    assertThat(reason(deployment, "Available")).isEqualTo("MinimumReplicasUnavailable");
    KubeObject unused =
        space.patch(
            Resources.RESOURCE_QUOTAS, "few", "", PatchType.MERGE, "spec: {hard: {pods: '9'}}");
    StoryNamespace.eventually(
        () -> {
          clock.advance(Duration.ofSeconds(10)); // over the back-off
          return space.pods().size() == 3;
        });
    deployment = awaitRollout(space, 3);
    assertThat(condition(deployment, "ReplicaFailure").isMissingNode()).isTrue();
  }

  private static void quota(StoryNamespace space, int pods) {
    KubeObject unused =
        space.create(
            Resources.RESOURCE_QUOTAS,
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: few}
            spec: {hard: {pods: "%d"}}
            """
                .formatted(pods));
    space.await(
        Resources.RESOURCE_QUOTAS, "few", q -> q.at("status", "hard").path("pods").asInt() == pods);
  }

  @Test
  void nodeLost_itsPods_areReplacedElsewhere() {
    StoryNamespace space = new StoryNamespace(cluster, "lost");
    cluster.addNode("lost-node", "64", 500);
    deployment(space, 2, "");
    awaitRollout(space, 2);
    patch(
        space,
        """
        spec:
          template:
            spec:
              nodeSelector: {kubernetes.io/hostname: lost-node}
        """);
    awaitRollout(space, 2);
    List<KubeObject> there = space.awaitReady(2);
    assertThat(there).allMatch(p -> Pods.nodeName(p).equals("lost-node"));
    cluster.silence("lost-node");
    clock.advance(Duration.ofSeconds(75));
    space.awaitPods(
        pods -> pods.size() == 2 && pods.stream().allMatch(p -> Pods.nodeName(p).isEmpty()));
    KubeObject node = cluster.admin().get(Resources.NODES, "", "lost-node");
    assertThat(node.at("spec", "taints").toString()).contains("node.kubernetes.io/unreachable");
    KubeObject unused =
        space.patch(
            Resources.DEPLOYMENTS,
            "web",
            "",
            PatchType.MERGE,
            "spec: {template: {spec: {nodeSelector: null}}}");
    awaitRollout(space, 2);
    assertThat(space.awaitReady(2)).allMatch(p -> Pods.nodeName(p).equals("node-1"));
  }

  @Test
  void replacedAndItsStatusPatched_asTheConformanceTestDoes() {
    StoryNamespace space = new StoryNamespace(cluster, "lifecycle");
    ObjectNode plain = deployment(space, 2, "").mutableTree();
    awaitRollout(space, 2);
    patch(space, "{metadata: {labels: {test: patched}}, spec: {replicas: 1}}");
    awaitRollout(space, 1);
    // without resourceVersion, and without the revision that the controller gave it
    for (String field : List.of("resourceVersion", "uid", "annotations", "managedFields")) {
      plain.withObject("/metadata").remove(field);
    }
    plain.withObject("/metadata").putObject("labels").put("test", "updated");
    ((ObjectNode) plain.at("/spec/template/spec/containers/0")).put("image", "two");
    KubeObject unused = cluster.admin().update(Resources.DEPLOYMENTS, "lifecycle", "web", plain);
    KubeObject updated = awaitRollout(space, 2);
    assertThat(annotation(updated, "revision")).isEqualTo("2");
    KubeObject patched =
        space.patch(
            Resources.DEPLOYMENTS,
            "web",
            "status",
            PatchType.STRATEGIC,
            "{metadata: {labels: {test: patched-status}},"
                + " status: {readyReplicas: 0, availableReplicas: 0}}");
    assertThat(patched.at("status", "readyReplicas").asInt()).isZero();
    assertThat(patched.labels()).containsEntry("test", "updated");
    awaitRollout(space, 2);
    KubeObject scale =
        cluster.admin().getSubresource(Resources.DEPLOYMENTS, "lifecycle", "web", "scale");
    assertThat(scale.at("status", "replicas").asInt()).isEqualTo(2);
    assertThat(scale.text("status", "selector")).isEqualTo("app=web");
  }

  @Test
  void controllers_restartedInTheMiddleOfARollout_endIt() throws Exception {
    StoryNamespace space = new StoryNamespace(cluster, "restarted");
    deployment(space, 6, "");
    awaitRollout(space, 6);
    image(space, "two");
    StoryNamespace.eventually(
        () -> space.pods().stream().anyMatch(p -> StoryNamespace.image(p).equals("two")));
    cluster.restartControllers(
        () -> {
          KubeObject pod = space.pods().getFirst();
          KubeObject unused =
              cluster
                  .admin()
                  .delete(Resources.PODS, "restarted", pod.name(), DeleteOptions.uid(pod.uid()));
          unused = space.scale(Resources.DEPLOYMENTS, "web", 5);
        });
    KubeObject deployment = awaitRollout(space, 5);
    assertThat(annotation(deployment, "revision")).isEqualTo("2");
    assertThat(space.awaitReady(5)).allMatch(p -> StoryNamespace.image(p).equals("two"));
    assertThat(space.list(Resources.REPLICA_SETS)).hasSize(2);
    assertThat(setOf(space, "one").at("spec", "replicas").asInt()).isZero();
  }
}
