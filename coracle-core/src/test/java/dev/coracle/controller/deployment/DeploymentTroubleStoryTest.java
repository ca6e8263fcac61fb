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

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Owners;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Deployments among others: ReplicaSets of somebody else, quotas, lost nodes, restarts. */
class DeploymentTroubleStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(new ControllableClock(new SystemClock()))
          .withNode("node-1", "64", 500);

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
          cluster.turn(Duration.ofSeconds(10)); // over the back-off
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
    cluster.turn(Duration.ofSeconds(75));
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
