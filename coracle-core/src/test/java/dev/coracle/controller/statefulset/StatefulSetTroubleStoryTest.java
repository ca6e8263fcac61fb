package dev.coracle.controller.statefulset;

import static dev.coracle.controller.statefulset.StatefulSetStory.CLAIMS;
import static dev.coracle.controller.statefulset.StatefulSetStory.await;
import static dev.coracle.controller.statefulset.StatefulSetStory.awaitAll;
import static dev.coracle.controller.statefulset.StatefulSetStory.claim;
import static dev.coracle.controller.statefulset.StatefulSetStory.count;
import static dev.coracle.controller.statefulset.StatefulSetStory.create;
import static dev.coracle.controller.statefulset.StatefulSetStory.image;
import static dev.coracle.controller.statefulset.StatefulSetStory.names;
import static dev.coracle.controller.statefulset.StatefulSetStory.patch;
import static dev.coracle.controller.statefulset.StatefulSetStory.pod;
import static dev.coracle.controller.statefulset.StatefulSetStory.scale;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** StatefulSets through the API: their claims, and what goes wrong with Pods, nodes and quotas. */
class StatefulSetTroubleStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      StatefulSetStory.cluster(new ControllableClock(new SystemClock()));

  @Test
  void pods_deletedEvictedOrEnded_comeBackWithTheirNamesAndClaims() {
    StoryNamespace space = new StoryNamespace(cluster, "dying");
    create(space, 3, "one", CLAIMS);
    awaitAll(space, 3);
    String claim = claim(space, 0).uid();
    for (String death : List.of("delete", "evict", "Failed", "Succeeded")) {
      KubeObject pod = pod(space, 0);
      switch (death) {
        case "delete" -> space.delete(Resources.PODS, "db-0");
        case "evict" -> space.evict("db-0");
        default -> cluster.setStatus(pod, death, false, "");
      }
      space.awaitPods(
          pods ->
              pods.size() == 3
                  && pods.stream().allMatch(Pods::isReady)
                  && !pods.getFirst().uid().equals(pod.uid()));
    }
    assertThat(claim(space, 0).uid()).isEqualTo(claim);
  }

  @Test
  void retention_whenScaled_givesAClaimToItsPod() {
    StoryNamespace space = new StoryNamespace(cluster, "retention-scaled");
    KubeObject set =
        create(
            space, 2, "one", CLAIMS + "persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}");
    awaitAll(space, 2);
    assertThat(claim(space, 1).ownerReferences()).isEmpty();
    KubeObject last = pod(space, 1);
    KubeObject unused =
        space.patch(Resources.PODS, "db-1", "metadata: {finalizers: [test.io/hold]}");
    scale(space, 1);
    unused =
        space.await(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "data-db-1",
            c -> c.controllerRef() != null && c.controllerRef().uid().equals(last.uid()));
    unused =
        space.patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "data-db-1",
            "metadata: {finalizers: [test.io/hold]}");
    release(space, Resources.PODS, "db-1");
    StoryNamespace.eventually(() -> claim(space, 1).isDeleting());
    // a new Pod of that name must not get a claim that is about to go
    scale(space, 2);
    await(space, s -> count(s, "replicas") == 1);
    assertThat(names(space)).containsExactly("db-0");
    release(space, Resources.PERSISTENT_VOLUME_CLAIMS, "data-db-1");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(1)); // when it looks again
          return names(space).size() == 2;
        });
    assertThat(space.events("db")).noneMatch(told -> told.contains("Failed"));
    awaitAll(space, 2);
    assertThat(pod(space, 1).uid()).isNotEqualTo(last.uid());
    StoryNamespace.eventually(() -> claim(space, 1).ownerReferences().isEmpty());
    assertThat(claim(space, 0).ownerReferences()).isEmpty();
    assertThat(Owners.isControlledBy(pod(space, 0), set)).isTrue();
  }

  private static void release(StoryNamespace space, GroupVersionResource resource, String name) {
    KubeObject unused =
        space.patch(resource, name, "", PatchType.MERGE, "metadata: {finalizers: null}");
  }

  @Test
  void retention_whenDeleted_givesClaimsToTheSet_andTakesThemBack() {
    StoryNamespace space = new StoryNamespace(cluster, "retention-deleted");
    KubeObject set =
        create(
            space,
            2,
            "one",
            CLAIMS + "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}");
    awaitAll(space, 2);
    assertThat(Owners.isControlledBy(claim(space, 1), set)).isTrue();
    patch(space, "spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain}}");
    StoryNamespace.eventually(
        () ->
            claim(space, 0).ownerReferences().isEmpty()
                && claim(space, 1).ownerReferences().isEmpty());
    patch(space, "spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}");
    StoryNamespace.eventually(
        () ->
            Owners.isControlledBy(claim(space, 0), set)
                && Owners.isControlledBy(claim(space, 1), set));
    space.delete(Resources.STATEFUL_SETS, "db");
    StoryNamespace.eventually(
        () ->
            space.list(Resources.PODS).isEmpty()
                && space.list(Resources.PERSISTENT_VOLUME_CLAIMS).stream()
                    .allMatch(KubeObject::isDeleting));
  }

  @Test
  void quota_usedUp_isAnEventUntilItIsRaised() {
    StoryNamespace space = new StoryNamespace(cluster, "quota");
    KubeObject unused =
        space.create(
            Resources.RESOURCE_QUOTAS,
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: few}
            spec: {hard: {pods: "1", persistentvolumeclaims: "2"}}
            """);
    unused =
        space.await(
            Resources.RESOURCE_QUOTAS,
            "few",
            q -> q.at("status", "hard").path("pods").asInt() == 1);
    create(space, 3, "one", CLAIMS);
    space.awaitEvent(
        "db",
        "Warning FailedCreate create Pod db-1 in StatefulSet db failed error: pods \"db-1\" is"
            + " forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1");
    await(space, s -> count(s, "replicas") == 1);
    unused =
        space.patch(
            Resources.RESOURCE_QUOTAS, "few", "", PatchType.MERGE, "spec: {hard: {pods: '9'}}");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(10)); // over the back-off
          return space.events("db").stream()
              .anyMatch(
                  told ->
                      told.contains(
                          "Warning FailedCreate create Claim data-db-2 for Pod db-2 in StatefulSet"
                              + " db failed error: persistentvolumeclaims \"data-db-2\" is"
                              + " forbidden: exceeded quota"));
        });
    space.awaitEvent("db", "failed error: failed to create PVC data-db-2: persistentvolumeclaims");
    unused =
        space.patch(
            Resources.RESOURCE_QUOTAS,
            "few",
            "",
            PatchType.MERGE,
            "spec: {hard: {persistentvolumeclaims: '9'}}");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(10));
          return space.pods().size() == 3;
        });
    awaitAll(space, 3);
  }

  @Test
  void podOfSomebodyElse_withAWantedName_isWaitedForAndNotTouched() {
    StoryNamespace space = new StoryNamespace(cluster, "foreign");
    KubeObject foreign =
        space.create(
            Resources.PODS,
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: db-1
              labels: {app: db}
              ownerReferences:
              - {apiVersion: example.com/v1, kind: Thing, name: thing, controller: true,
                 uid: 6b7b6a3e-0000-4000-8000-000000000002}
            spec: {containers: [{name: main, image: foreign}]}
            """);
    create(space, 2, "one", "");
    await(space, s -> count(s, "replicas") == 1 && count(s, "readyReplicas") == 1);
    assertThat(pod(space, 1).uid()).isEqualTo(foreign.uid());
    space.delete(Resources.PODS, "db-1");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(10)); // over the back-off
          return space.pods().stream().filter(p -> Pods.isReady(p)).count() == 2;
        });
    awaitAll(space, 2);
    assertThat(StoryNamespace.image(pod(space, 1))).isEqualTo("one");
  }

  @Test
  void orphans_ofItsName_areAdopted_othersAreNot() {
    StoryNamespace space = new StoryNamespace(cluster, "orphans");
    create(space, 2, "one", "");
    awaitAll(space, 2);
    space.orphan(Resources.STATEFUL_SETS, "db");
    StoryNamespace.eventually(
        () -> cluster.admin().find(Resources.STATEFUL_SETS, "orphans", "db") == null);
    KubeObject unused =
        space.create(
            Resources.PODS,
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: stray, labels: {app: db}}
            spec: {containers: [{name: main, image: stray}]}
            """);
    var uids = space.uids();
    KubeObject again = create(space, 2, "one", "");
    awaitAll(space, 2);
    assertThat(space.uids()).isEqualTo(uids);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS))
        .singleElement()
        .satisfies(revision -> assertThat(Owners.isControlledBy(revision, again)).isTrue());
    assertThat(space.get(Resources.PODS, "stray").ownerReferences()).isEmpty();
    unused = space.patch(Resources.PODS, "db-1", "metadata: {labels: {app: released}}");
    unused = space.await(Resources.PODS, "db-1", p -> p.ownerReferences().isEmpty());
    unused = space.patch(Resources.PODS, "db-1", "metadata: {labels: {app: db}}");
    unused = space.await(Resources.PODS, "db-1", p -> Owners.isControlledBy(p, again));
  }

  @Test
  void nodeLost_itsPod_comesBackElsewhereUnderItsName() {
    StoryNamespace space = new StoryNamespace(cluster, "lost");
    cluster.addNode("lost-node", "64", 500);
    create(space, 1, "one", "");
    awaitAll(space, 1);
    patch(space, "spec: {template: {spec: {nodeSelector: {kubernetes.io/hostname: lost-node}}}}");
    awaitAll(space, 1);
    KubeObject there = pod(space, 0);
    assertThat(Pods.nodeName(there)).isEqualTo("lost-node");
    KubeObject unused =
        space.patch(
            Resources.STATEFUL_SETS,
            "db",
            "",
            PatchType.MERGE,
            "spec: {updateStrategy: {type: OnDelete, rollingUpdate: null},"
                + " template: {spec: {nodeSelector: null}}}");
    cluster.silence("lost-node");
    cluster.turn(Duration.ofSeconds(75));
    unused =
        space.await(
            Resources.PODS,
            "db-0",
            p -> !p.uid().equals(there.uid()) && Pods.nodeName(p).equals("node-1"));
    await(space, s -> count(s, "availableReplicas") == 1);
  }

  @Test
  void controllers_restartedInTheMiddleOfARollout_endIt() throws Exception {
    StoryNamespace space = new StoryNamespace(cluster, "restarted");
    create(space, 4, "one", "");
    awaitAll(space, 4);
    image(space, "two");
    space.awaitPods(pods -> pods.stream().anyMatch(p -> StoryNamespace.image(p).equals("two")));
    cluster.restartControllers(
        () -> {
          KubeObject pod = space.pods().getFirst();
          KubeObject unused =
              cluster
                  .admin()
                  .delete(Resources.PODS, "restarted", pod.name(), DeleteOptions.uid(pod.uid()));
          scale(space, 3);
        });
    awaitAll(space, 3);
    assertThat(names(space)).containsExactly("db-0", "db-1", "db-2");
    assertThat(space.pods()).allMatch(p -> StoryNamespace.image(p).equals("two"));
  }
}
