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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** StatefulSets through the API: order, identity, scaling and rollouts. */
class StatefulSetStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      StatefulSetStory.cluster(new ControllableClock(new SystemClock()));

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
    cluster.turn(Duration.ofSeconds(61));
    await(space, s -> count(s, "readyReplicas") == 2 && count(s, "availableReplicas") == 1);
    cluster.turn(Duration.ofSeconds(61));
    awaitAll(space, 2);
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
