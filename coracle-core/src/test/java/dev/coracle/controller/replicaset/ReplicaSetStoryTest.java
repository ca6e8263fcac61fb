package dev.coracle.controller.replicaset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.PatchType;
import dev.coracle.api.SystemClock;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.Conditions;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** ReplicaSets and ReplicationControllers through the API: they differ in name only. */
class ReplicaSetStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(new ControllableClock(new SystemClock()))
          .withNode("node-1", "64", 500);

  private static StoryNamespace space(ReplicaKind kind, String name) {
    return new StoryNamespace(cluster, name + (kind == ReplicaKind.REPLICA_SET ? "-rs" : "-rc"));
  }

  private static KubeObject create(
      StoryNamespace space, ReplicaKind kind, String name, int replicas, String more) {
    boolean set = kind == ReplicaKind.REPLICA_SET;
    return space.create(
        kind.resource(),
        """
        apiVersion: %s
        kind: %s
        metadata: {name: %s}
        spec:
          replicas: %d
          selector: %s
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: one}]}
        %s
        """
            .formatted(
                set ? "apps/v1" : "v1",
                set ? "ReplicaSet" : "ReplicationController",
                name,
                replicas,
                set ? "{matchLabels: {app: web}}" : "{app: web}",
                more.indent(2)));
  }

  private static KubeObject awaitAvailable(StoryNamespace space, ReplicaKind kind, int count) {
    return space.awaitObserved(
        kind.resource(),
        "web",
        o ->
            o.at("status", "replicas").asInt() == count
                && o.at("status", "readyReplicas").asInt() == count
                && o.at("status", "fullyLabeledReplicas").asInt() == count
                && o.at("status", "availableReplicas").asInt() == count);
  }

  private static JsonNode failure(KubeObject object) {
    JsonNode found = Conditions.find(object.at("status", "conditions"), "ReplicaFailure");
    return found == null ? MissingNode.getInstance() : found;
  }

  private static KubeObject pod(StoryNamespace space, String name, String metadata) {
    return space.create(
        Resources.PODS,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, %s}
        spec: {containers: [{name: main, image: one}]}
        """
            .formatted(name, metadata));
  }

  @ParameterizedTest
  @EnumSource
  void created_scaledUpAndDown_hasSoManyPodsAndTells(ReplicaKind kind) {
    StoryNamespace space = space(kind, "scaled");
    KubeObject owner = create(space, kind, "web", 2, "");
    awaitAvailable(space, kind, 2);
    KubeObject pod = space.pods().getFirst();
    assertThat(pod.name()).matches("web-[a-z0-9]{5}");
    assertThat(Owners.isControlledBy(pod, owner)).isTrue();
    space.awaitEvent("web", "Normal SuccessfulCreate Created pod: " + pod.name());
    KubeObject unused = space.scale(kind.resource(), "web", 5);
    awaitAvailable(space, kind, 5);
    unused = space.patch(kind.resource(), "web", "scale", PatchType.MERGE, "spec: {replicas: 1}");
    awaitAvailable(space, kind, 1);
    space.awaitEvent("web", "Normal SuccessfulDelete Deleted pod: ");
    unused = space.scale(kind.resource(), "web", 0);
    awaitAvailable(space, kind, 0);
    assertThat(space.pods()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void pods_deletedEvictedOrFailed_areReplaced(ReplicaKind kind) {
    StoryNamespace space = space(kind, "dying");
    create(space, kind, "web", 3, "");
    awaitAvailable(space, kind, 3);
    List<KubeObject> pods = space.pods();
    KubeObject unused =
        cluster
            .admin()
            .delete(Resources.PODS, space.name(), pods.get(0).name(), DeleteOptions.DEFAULT);
    space.evict(pods.get(1).name());
    cluster.setStatus(pods.get(2), "Failed", false, "");
    space.awaitPods(
        now ->
            now.stream()
                    .filter(pod -> Pods.isActive(pod) && !pods.contains(pod) && Pods.isReady(pod))
                    .filter(pod -> pods.stream().noneMatch(old -> old.uid().equals(pod.uid())))
                    .count()
                == 3);
    // one that failed stays for those who want to know why, and isn't counted
    assertThat(space.get(Resources.PODS, pods.get(2).name()).uid()).isEqualTo(pods.get(2).uid());
    awaitAvailable(space, kind, 3);
  }

  @ParameterizedTest
  @EnumSource
  void quota_usedUp_isAConditionAndAnEventUntilItIsRaised(ReplicaKind kind) {
    StoryNamespace space = space(kind, "quota");
    KubeObject unused =
        space.create(
            Resources.RESOURCE_QUOTAS,
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: few}
            spec: {hard: {pods: "2"}}
            """);
    unused =
        space.await(
            Resources.RESOURCE_QUOTAS,
            "few",
            q -> q.at("status", "hard").path("pods").asInt() == 2);
    create(space, kind, "web", 4, "");
    KubeObject owner =
        space.await(
            kind.resource(), "web", o -> failure(o).path("reason").asText().equals("FailedCreate"));
    assertThat(failure(owner).path("status").asText()).isEqualTo("True");
    assertThat(failure(owner).path("message").asText())
        .matches(
            "pods \"web-[a-z0-9]{5}\" is forbidden: exceeded quota: few, requested: pods=1,"
                + " used: pods=2, limited: pods=2");
    space.awaitEvent("web", "Warning FailedCreate Error creating: pods \"web-");
    assertThat(space.pods()).hasSize(2);
    // fewer are wanted: nothing fails any more
    unused = space.scale(kind.resource(), "web", 2);
    unused = space.awaitObserved(kind.resource(), "web", o -> failure(o).isMissingNode());
    unused = space.scale(kind.resource(), "web", 4);
    unused = space.await(kind.resource(), "web", o -> !failure(o).isMissingNode());
    unused =
        space.patch(
            Resources.RESOURCE_QUOTAS, "few", "", PatchType.MERGE, "spec: {hard: {pods: '4'}}");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(10)); // over the back-off
          return space.pods().size() == 4;
        });
    assertThat(failure(awaitAvailable(space, kind, 4)).isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void orphans_thatMatch_areAdoptedAndReleasedWhenTheyNoLongerDo(ReplicaKind kind) {
    StoryNamespace space = space(kind, "adoption");
    KubeObject orphan = pod(space, "before", "labels: {app: web}");
    KubeObject owner = create(space, kind, "web", 1, "");
    space.await(Resources.PODS, "before", pod -> Owners.isControlledBy(pod, owner));
    awaitAvailable(space, kind, 1);
    assertThat(space.pods()).hasSize(1);
    KubeObject unused =
        space.patch(Resources.PODS, "before", "metadata: {labels: {app: released}}");
    space.await(Resources.PODS, "before", pod -> pod.ownerReferences().isEmpty());
    assertThat(space.awaitReady(2)).anyMatch(pod -> pod.uid().equals(orphan.uid()));
  }

  @ParameterizedTest
  @EnumSource
  void pods_ofSomebodyElse_areNotTouched(ReplicaKind kind) {
    StoryNamespace space = space(kind, "foreign");
    pod(
        space,
        "foreign",
        "labels: {app: web}, ownerReferences: [{apiVersion: example.com/v1, kind: Thing,"
            + " name: thing, uid: 6b7b6a3e-0000-4000-8000-000000000001, controller: true}]");
    create(space, kind, "web", 2, "");
    awaitAvailable(space, kind, 2);
    KubeObject unused = space.scale(kind.resource(), "web", 0);
    awaitAvailable(space, kind, 0);
    assertThat(space.get(Resources.PODS, "foreign").controllerRef().name()).isEqualTo("thing");
  }

  @ParameterizedTest
  @EnumSource
  void twoWithTheSameSelector_keepToTheirOwnPods(ReplicaKind kind) {
    StoryNamespace space = space(kind, "overlap");
    KubeObject one = create(space, kind, "web", 2, "");
    KubeObject two = create(space, kind, "other", 3, "");
    List<KubeObject> pods = space.awaitReady(5);
    assertThat(pods.stream().filter(pod -> Owners.isControlledBy(pod, one))).hasSize(2);
    assertThat(pods.stream().filter(pod -> Owners.isControlledBy(pod, two))).hasSize(3);
    space.delete(kind.resource(), "other");
    assertThat(space.awaitPods(left -> left.size() == 2))
        .allMatch(pod -> Owners.isControlledBy(pod, one));
  }

  @ParameterizedTest
  @EnumSource
  void orphaned_andCreatedAgain_takesItsPodsBack(ReplicaKind kind) {
    StoryNamespace space = space(kind, "orphaned");
    create(space, kind, "web", 2, "");
    awaitAvailable(space, kind, 2);
    Set<String> pods = space.uids();
    space.orphan(kind.resource(), "web");
    StoryNamespace.eventually(
        () -> cluster.admin().find(kind.resource(), space.name(), "web") == null);
    assertThat(space.pods()).allMatch(pod -> pod.ownerReferences().isEmpty());
    create(space, kind, "web", 2, "");
    awaitAvailable(space, kind, 2);
    assertThat(space.uids()).isEqualTo(pods);
  }

  @Test
  void scaledDown_cheapestPodsGoFirst() {
    StoryNamespace space = space(ReplicaKind.REPLICA_SET, "cost");
    create(space, ReplicaKind.REPLICA_SET, "web", 3, "");
    awaitAvailable(space, ReplicaKind.REPLICA_SET, 3);
    List<KubeObject> pods = space.pods();
    for (int i = 0; i < 3; i++) {
      KubeObject costing =
          space.patch(
              Resources.PODS,
              pods.get(i).name(),
              "metadata: {annotations: {controller.kubernetes.io/pod-deletion-cost: '"
                  + (i == 1 ? 100 : i)
                  + "'}}");
      cluster.awaitSeen(Resources.PODS, costing);
    }
    KubeObject unused = space.scale(Resources.REPLICA_SETS, "web", 1);
    assertThat(space.awaitPods(left -> left.size() == 1))
        .singleElement()
        .satisfies(pod -> assertThat(pod.uid()).isEqualTo(pods.get(1).uid()));
  }

  @ParameterizedTest
  @EnumSource
  void minReadySeconds_notOverYet_isReadyButNotAvailable(ReplicaKind kind) {
    StoryNamespace space = space(kind, "min-ready");
    create(space, kind, "web", 2, "minReadySeconds: 60");
    KubeObject early =
        space.await(kind.resource(), "web", o -> o.at("status", "readyReplicas").asInt() == 2);
    assertThat(early.at("status", "availableReplicas").asInt()).isZero();
    cluster.turn(Duration.ofSeconds(62));
    awaitAvailable(space, kind, 2);
  }

  @Test
  void podBeingDeleted_isReplacedAtOnceAndCountedAsTerminating() {
    StoryNamespace space = space(ReplicaKind.REPLICA_SET, "terminating");
    create(space, ReplicaKind.REPLICA_SET, "web", 1, "");
    awaitAvailable(space, ReplicaKind.REPLICA_SET, 1);
    String held = space.pods().getFirst().name();
    KubeObject unused = space.patch(Resources.PODS, held, "metadata: {finalizers: [test.io/hold]}");
    unused = cluster.admin().delete(Resources.PODS, space.name(), held, DeleteOptions.DEFAULT);
    KubeObject set =
        space.await(
            Resources.REPLICA_SETS,
            "web",
            o ->
                o.at("status", "terminatingReplicas").asInt() == 1
                    && o.at("status", "availableReplicas").asInt() == 1);
    assertThat(set.at("status", "replicas").asInt()).isEqualTo(1);
    unused = space.patch(Resources.PODS, held, "", PatchType.MERGE, "metadata: {finalizers: null}");
    unused =
        space.await(
            Resources.REPLICA_SETS,
            "web",
            o ->
                o.at("status").has("terminatingReplicas")
                    && o.at("status", "terminatingReplicas").asInt() == 0);
  }

  @ParameterizedTest
  @EnumSource
  void nodeLost_itsPods_areReplacedElsewhere(ReplicaKind kind) {
    StoryNamespace space = space(kind, "lost");
    String lost = "lost-" + space.name();
    cluster.addNode(lost, "64", 500);
    KubeObject unused =
        cluster
            .admin()
            .patch(
                Resources.NODES,
                "",
                "node-1",
                "",
                PatchType.MERGE,
                ControlPlaneInMemory.yaml("spec: {unschedulable: true}"),
                WriteOptions.NONE);
    create(space, kind, "web", 2, "");
    assertThat(space.awaitReady(2)).allMatch(pod -> Pods.nodeName(pod).equals(lost));
    unused =
        cluster
            .admin()
            .patch(
                Resources.NODES,
                "",
                "node-1",
                "",
                PatchType.MERGE,
                ControlPlaneInMemory.yaml("spec: {unschedulable: null}"),
                WriteOptions.NONE);
    cluster.silence(lost);
    cluster.turn(Duration.ofSeconds(75));
    assertThat(
            space.awaitPods(
                pods ->
                    pods.size() == 2
                        && pods.stream().allMatch(p -> Pods.nodeName(p).equals("node-1"))))
        .hasSize(2);
    awaitAvailable(space, kind, 2);
  }

  @ParameterizedTest
  @EnumSource
  void controllers_restartedInTheMiddle_goOn(ReplicaKind kind) throws Exception {
    StoryNamespace space = space(kind, "restarted");
    create(space, kind, "web", 20, "");
    space.awaitPods(pods -> !pods.isEmpty());
    cluster.restartControllers(
        () -> {
          for (KubeObject pod : space.pods()) {
            KubeObject unused =
                cluster
                    .admin()
                    .delete(Resources.PODS, space.name(), pod.name(), DeleteOptions.uid(pod.uid()));
          }
        });
    assertThat(space.awaitReady(20)).hasSize(20);
    awaitAvailable(space, kind, 20);
  }

  @Test
  void collection_deletedByLabel_isGoneWithItsPods() {
    StoryNamespace space = space(ReplicaKind.REPLICA_SET, "collection");
    create(space, ReplicaKind.REPLICA_SET, "web", 1, "");
    KubeObject unused =
        space.patch(Resources.REPLICA_SETS, "web", "metadata: {labels: {e2e: together}}");
    awaitAvailable(space, ReplicaKind.REPLICA_SET, 1);
    cluster
        .admin()
        .deleteCollection(
            Resources.REPLICA_SETS,
            space.name(),
            DeleteOptions.background(),
            ListOptions.ALL.withLabelSelector("e2e=together"));
    StoryNamespace.eventually(
        () -> space.list(Resources.REPLICA_SETS).isEmpty() && space.pods().isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void status_patchedByHand_keepsForeignConditions(ReplicaKind kind) {
    StoryNamespace space = space(kind, "status");
    create(space, kind, "web", 1, "");
    awaitAvailable(space, kind, 1);
    KubeObject unused =
        space.patch(
            kind.resource(),
            "web",
            "status",
            PatchType.MERGE,
            "status: {conditions: [{type: StatusPatched, status: 'True'}]}");
    unused = space.scale(kind.resource(), "web", 2);
    KubeObject scaled = awaitAvailable(space, kind, 2);
    assertThat(Conditions.isTrue(scaled.at("status", "conditions"), "StatusPatched")).isTrue();
  }
}
