package dev.coracle.controller.deployment;

import static dev.coracle.controller.deployment.DeploymentStory.annotation;
import static dev.coracle.controller.deployment.DeploymentStory.awaitRollout;
import static dev.coracle.controller.deployment.DeploymentStory.condition;
import static dev.coracle.controller.deployment.DeploymentStory.deployment;
import static dev.coracle.controller.deployment.DeploymentStory.image;
import static dev.coracle.controller.deployment.DeploymentStory.patch;
import static dev.coracle.controller.deployment.DeploymentStory.reason;
import static dev.coracle.controller.deployment.DeploymentStory.setOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Rollouts of Deployments: new templates, and the ways there. */
class DeploymentStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(new ControllableClock(new SystemClock()))
          .withNode("node-1", "64", 500);

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
    cluster.turn(Duration.ofSeconds(40));
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
    cluster.turn(Duration.ofSeconds(6));
    space.awaitReady(4);
    cluster.turn(Duration.ofSeconds(6));
    awaitRollout(space, 4);
    image(space, "two");
    StoryNamespace.eventually(() -> space.list(Resources.REPLICA_SETS).size() == 2);
    image(space, "three");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(6));
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
}
