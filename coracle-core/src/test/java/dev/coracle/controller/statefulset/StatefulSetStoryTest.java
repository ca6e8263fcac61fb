package dev.coracle.controller.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
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
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** StatefulSets through the API: order, identity, claims, rollouts, and what goes wrong. */
class StatefulSetStoryTest {

  private static final String CLAIMS =
      """
      volumeClaimTemplates:
      - metadata: {name: data, labels: {kind: log}}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  private static ControllableClock clock;
  private static ControlPlaneInMemory cluster;

  @BeforeAll
  static void start() throws Exception {
    clock = new ControllableClock(new SystemClock());
    cluster = new ControlPlaneInMemory(clock);
    cluster.addNode("node-1", "64", 500);
    for (int i = 0; i < 30; i++) {
      KubeObject unused =
          cluster.apply(
              """
              apiVersion: v1
              kind: PersistentVolume
              metadata: {name: volume-%d}
              spec:
                capacity: {storage: 1Gi}
                accessModes: [ReadWriteOnce]
                hostPath: {path: /nowhere}
              """
                  .formatted(i));
    }
  }

  @AfterAll
  static void stop() {
    cluster.close();
    clock.close();
  }

  private static KubeObject create(StoryNamespace space, int replicas, String image, String more) {
    return space.create(
        Resources.STATEFUL_SETS,
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, annotations: {kubernetes.io/change-cause: first}}
        spec:
          replicas: %d
          serviceName: peers
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec: {containers: [{name: main, image: %s}]}
        %s
        """
            .formatted(replicas, image, more.indent(2)));
  }

  private static KubeObject await(StoryNamespace space, Predicate<KubeObject> good) {
    return space.awaitObserved(Resources.STATEFUL_SETS, "db", good);
  }

  private static int count(KubeObject set, String field) {
    return set.at("status", field).asInt();
  }

  private static KubeObject awaitAll(StoryNamespace space, int replicas) {
    return await(
        space,
        s ->
            count(s, "replicas") == replicas
                && count(s, "availableReplicas") == replicas
                && count(s, "updatedReplicas") == replicas
                && count(s, "currentReplicas") == replicas
                && s.text("status", "currentRevision").equals(s.text("status", "updateRevision")));
  }

  private static List<String> names(StoryNamespace space) {
    return space.pods().stream().map(KubeObject::name).toList();
  }

  private static KubeObject pod(StoryNamespace space, int ordinal) {
    return space.get(Resources.PODS, "db-" + ordinal);
  }

  private static KubeObject claim(StoryNamespace space, int ordinal) {
    return space.get(Resources.PERSISTENT_VOLUME_CLAIMS, "data-db-" + ordinal);
  }

  private static void patch(StoryNamespace space, String yaml) {
    KubeObject unused = space.patch(Resources.STATEFUL_SETS, "db", yaml);
  }

  private static void scale(StoryNamespace space, int replicas) {
    KubeObject unused = space.scale(Resources.STATEFUL_SETS, "db", replicas);
  }

  private static void image(StoryNamespace space, String image) {
    KubeObject unused = space.image(Resources.STATEFUL_SETS, "db", image);
  }

  private static void ready(StoryNamespace space, int ordinal, boolean ready) {
    cluster.setStatus(pod(space, ordinal), "Running", ready, "");
  }

  @Test
  void created_startsInOrder_withNamesRevisionsAndClaims() {
    StoryNamespace space = new StoryNamespace(cluster, "created");
    KubeObject owner = create(space, 3, ControlPlaneInMemory.UNREADY, CLAIMS);
    for (int ordinal = 0; ordinal < 3; ordinal++) {
      int there = ordinal + 1;
      space.awaitPods(
          pods ->
              pods.size() == there && pods.stream().allMatch(p -> Pods.phase(p).equals("Running")));
      KubeObject early = await(space, s -> count(s, "replicas") == there);
      assertThat(count(early, "readyReplicas")).isEqualTo(there - 1);
      ready(space, ordinal, true);
    }
    KubeObject set = awaitAll(space, 3);
    KubeObject pod = pod(space, 1);
    String revision = set.text("status", "updateRevision");
    assertThat(revision).startsWith("db-");
    assertThat(pod.labels())
        .containsEntry("controller-revision-hash", revision)
        .containsEntry("statefulset.kubernetes.io/pod-name", "db-1")
        .containsEntry("apps.kubernetes.io/pod-index", "1");
    assertThat(pod.text("spec", "hostname")).isEqualTo("db-1");
    assertThat(pod.text("spec", "subdomain")).isEqualTo("peers");
    assertThat(pod.at("spec", "volumes").toString()).contains("\"claimName\":\"data-db-1\"");
    assertThat(Owners.isControlledBy(pod, owner)).isTrue();
    assertThat(claim(space, 1).labels()).containsEntry("app", "db").containsEntry("kind", "log");
    assertThat(claim(space, 1).ownerReferences()).isEmpty();
    KubeObject history = space.get(Resources.CONTROLLER_REVISIONS, revision);
    assertThat(history.at("revision").asInt()).isEqualTo(1);
    assertThat(history.at("metadata", "annotations").path("kubernetes.io/change-cause").asText())
        .isEqualTo("first");
    assertThat(history.labels())
        .containsEntry("app", "db")
        .containsEntry("controller.kubernetes.io/hash", revision.substring("db-".length()));
    space.awaitEvent("db", "Normal SuccessfulCreate create Pod db-1 in StatefulSet db successful");
    space.awaitEvent(
        "db", "SuccessfulCreate create Claim data-db-1 Pod db-1 in StatefulSet db success");
  }

  @Test
  void scaled_upAndDown_waitsForUnhealthyPods() {
    StoryNamespace space = new StoryNamespace(cluster, "scaled");
    create(space, 1, "one", "");
    awaitAll(space, 1);
    ready(space, 0, false);
    await(space, s -> count(s, "readyReplicas") == 0);
    scale(space, 3);
    await(space, s -> count(s, "replicas") == 1);
    assertThat(names(space)).containsExactly("db-0");
    ready(space, 0, true);
    awaitAll(space, 3);
    for (int ordinal = 0; ordinal < 3; ordinal++) {
      ready(space, ordinal, false);
    }
    await(space, s -> count(s, "readyReplicas") == 0);
    scale(space, 0);
    await(space, s -> count(s, "replicas") == 3);
    assertThat(names(space)).containsExactly("db-0", "db-1", "db-2");
    // each goes when it is ready; the last is then the first unhealthy one, and goes as it is
    ready(space, 2, true);
    ready(space, 1, true);
    awaitAll(space, 0);
    space.awaitEvent("db", "Normal SuccessfulDelete delete Pod db-2 in StatefulSet db successful");
    assertThat(
            space.events("db").stream()
                .filter(told -> told.contains("SuccessfulDelete"))
                .map(told -> told.replaceAll(".* Pod (db-.) .*", "$1")))
        .containsExactly("db-2", "db-1", "db-0");
  }

  @Test
  void parallel_unhealthyPods_stopNothing() {
    StoryNamespace space = new StoryNamespace(cluster, "parallel");
    create(space, 3, ControlPlaneInMemory.UNREADY, "podManagementPolicy: Parallel");
    space.awaitPods(pods -> pods.size() == 3);
    await(space, s -> count(s, "replicas") == 3 && count(s, "readyReplicas") == 0);
    scale(space, 1);
    space.awaitPods(pods -> pods.size() == 1);
    scale(space, 0);
    space.awaitPods(List::isEmpty);
  }

  @Test
  void newTemplate_rollsFromTheLastOrdinal_andBack() {
    StoryNamespace space = new StoryNamespace(cluster, "rolled");
    create(space, 3, "one", "");
    String first = awaitAll(space, 3).text("status", "currentRevision");
    image(space, ControlPlaneInMemory.UNREADY);
    KubeObject midway =
        await(
            space,
            s ->
                count(s, "updatedReplicas") == 1
                    && count(s, "currentReplicas") == 2
                    && count(s, "readyReplicas") == 2);
    String second = midway.text("status", "updateRevision");
    assertThat(midway.text("status", "currentRevision")).isEqualTo(first).isNotEqualTo(second);
    assertThat(StatefulPods.revision(pod(space, 2))).isEqualTo(second);
    for (int ordinal = 2; ordinal >= 0; ordinal--) {
      int last = ordinal;
      space.awaitPods(
          pods ->
              pods.size() == 3
                  && StatefulPods.revision(pods.get(last)).equals(second)
                  && Pods.phase(pods.get(last)).equals("Running"));
      ready(space, ordinal, true);
    }
    awaitAll(space, 3);
    image(space, "one");
    KubeObject back = awaitAll(space, 3);
    assertThat(back.text("status", "currentRevision")).isEqualTo(first);
    assertThat(space.get(Resources.CONTROLLER_REVISIONS, first).at("revision").asInt())
        .isEqualTo(3);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS)).hasSize(2);
  }

  @Test
  void partition_keepsLowerOrdinals_evenWhenTheyAreMadeAnew() {
    StoryNamespace space = new StoryNamespace(cluster, "partition");
    create(space, 3, "one", "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 3}}");
    String first = awaitAll(space, 3).text("status", "currentRevision");
    image(space, "two");
    String second =
        await(space, s -> !s.text("status", "updateRevision").equals(first))
            .text("status", "updateRevision");
    patch(space, "spec: {updateStrategy: {rollingUpdate: {partition: 2}}}");
    await(space, s -> count(s, "updatedReplicas") == 1 && count(s, "readyReplicas") == 3);
    for (int ordinal : new int[] {0, 2}) {
      String uid = pod(space, ordinal).uid();
      space.delete(Resources.PODS, "db-" + ordinal);
      space.awaitPods(
          pods ->
              pods.size() == 3
                  && pods.stream().noneMatch(p -> p.uid().equals(uid))
                  && pods.stream().allMatch(Pods::isReady));
    }
    assertThat(StatefulPods.revision(pod(space, 0))).isEqualTo(first);
    assertThat(StoryNamespace.image(pod(space, 0))).isEqualTo("one");
    assertThat(StatefulPods.revision(pod(space, 2))).isEqualTo(second);
    patch(space, "spec: {updateStrategy: {rollingUpdate: {partition: 0}}}");
    KubeObject done = awaitAll(space, 3);
    assertThat(done.text("status", "currentRevision")).isEqualTo(second);
  }

  @Test
  void onDelete_newTemplate_isForPodsMadeAnewOnly() {
    StoryNamespace space = new StoryNamespace(cluster, "ondelete");
    create(space, 2, "one", "updateStrategy: {type: OnDelete}");
    await(space, s -> count(s, "availableReplicas") == 2);
    image(space, "two");
    await(space, s -> count(s, "updatedReplicas") == 0 && count(s, "readyReplicas") == 2);
    space.delete(Resources.PODS, "db-0");
    await(space, s -> count(s, "updatedReplicas") == 1 && count(s, "readyReplicas") == 2);
    assertThat(StoryNamespace.image(pod(space, 0))).isEqualTo("two");
    assertThat(StoryNamespace.image(pod(space, 1))).isEqualTo("one");
  }

  @Test
  void maxUnavailable_ofTwo_replacesTwoAtATime() {
    StoryNamespace space = new StoryNamespace(cluster, "two-at-a-time");
    create(
        space,
        5,
        "one",
        """
        podManagementPolicy: Parallel
        updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 2}}
        """);
    awaitAll(space, 5);
    image(space, ControlPlaneInMemory.UNREADY);
    await(space, s -> count(s, "updatedReplicas") == 2 && count(s, "readyReplicas") == 3);
    ready(space, 3, true);
    await(space, s -> count(s, "updatedReplicas") == 3 && count(s, "readyReplicas") == 3);
    assertThat(StoryNamespace.image(pod(space, 2))).isEqualTo(ControlPlaneInMemory.UNREADY);
  }

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
          clock.advance(Duration.ofSeconds(1)); // when it looks again
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
  void ordinals_startElsewhere_moveThePods() {
    StoryNamespace space = new StoryNamespace(cluster, "ordinals");
    create(space, 2, "one", "ordinals: {start: 3}");
    awaitAll(space, 2);
    assertThat(names(space)).containsExactly("db-3", "db-4");
    patch(space, "spec: {ordinals: {start: 4}}");
    awaitAll(space, 2);
    assertThat(names(space)).containsExactly("db-4", "db-5");
  }

  @Test
  void minReadySeconds_holdsBackTheNextPod() {
    StoryNamespace space = new StoryNamespace(cluster, "min-ready");
    create(space, 2, "one", "minReadySeconds: 60");
    await(space, s -> count(s, "readyReplicas") == 1);
    assertThat(names(space)).containsExactly("db-0");
    clock.advance(Duration.ofSeconds(61));
    await(space, s -> count(s, "readyReplicas") == 2 && count(s, "availableReplicas") == 1);
    clock.advance(Duration.ofSeconds(61));
    awaitAll(space, 2);
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
          clock.advance(Duration.ofSeconds(10)); // over the back-off
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
          clock.advance(Duration.ofSeconds(10));
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
          clock.advance(Duration.ofSeconds(10)); // over the back-off
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
    clock.advance(Duration.ofSeconds(75));
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
          KubeObject unused =
              cluster.admin().delete(Resources.PODS, "restarted", "db-0", DeleteOptions.DEFAULT);
          scale(space, 3);
        });
    awaitAll(space, 3);
    assertThat(names(space)).containsExactly("db-0", "db-1", "db-2");
    assertThat(space.pods()).allMatch(p -> StoryNamespace.image(p).equals("two"));
  }

  @Test
  void historyLimit_keepsSoManyUnusedRevisions() {
    StoryNamespace space = new StoryNamespace(cluster, "history");
    create(space, 1, "v0", "revisionHistoryLimit: 2");
    awaitAll(space, 1);
    for (int version = 1; version <= 4; version++) {
      image(space, "v" + version);
      awaitAll(space, 1);
    }
    StoryNamespace.eventually(() -> space.list(Resources.CONTROLLER_REVISIONS).size() == 3);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS))
        .extracting(revision -> revision.at("revision").asInt())
        .containsExactlyInAnyOrder(3, 4, 5);
  }

  @Test
  void scaleAndStatusSubresources_andCollections_workAsTheConformanceTestsWant() {
    StoryNamespace space = new StoryNamespace(cluster, "subresources");
    create(space, 1, "one", "");
    awaitAll(space, 1);
    KubeObject scale =
        cluster.admin().getSubresource(Resources.STATEFUL_SETS, "subresources", "db", "scale");
    assertThat(scale.at("status", "replicas").asInt()).isEqualTo(1);
    assertThat(scale.text("status", "selector")).isEqualTo("app=db");
    KubeObject unused =
        space.patch(Resources.STATEFUL_SETS, "db", "scale", PatchType.MERGE, "spec: {replicas: 2}");
    awaitAll(space, 2);
    unused =
        space.patch(
            Resources.STATEFUL_SETS,
            "db",
            "status",
            PatchType.MERGE,
            "status: {conditions: [{type: StatusPatched, status: 'True'}]}");
    // the conformance test's patch has a field in the wrong case, which is ignored
    patch(
        space,
        """
        spec:
          replicas: 1
          template: {spec: {TerminationGracePeriodSeconds: 1, containers: [{name: db, image: two}]}}
        """);
    KubeObject set = awaitAll(space, 1);
    assertThat(set.at("spec", "template", "spec", "containers")).hasSize(2);
    assertThat(set.at("spec", "template", "spec", "terminationGracePeriodSeconds").asInt())
        .isEqualTo(30);
    assertThat(Conditions.isTrue(set.at("status", "conditions"), "StatusPatched")).isTrue();
    patch(space, "metadata: {labels: {test: together}}");
    cluster
        .admin()
        .deleteCollection(
            Resources.STATEFUL_SETS,
            "subresources",
            DeleteOptions.background(),
            ListOptions.ALL.withLabelSelector("test=together"));
    StoryNamespace.eventually(
        () -> space.list(Resources.STATEFUL_SETS).isEmpty() && space.pods().isEmpty());
  }
}
