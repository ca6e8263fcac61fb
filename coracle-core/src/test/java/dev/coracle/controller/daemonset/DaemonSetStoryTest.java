package dev.coracle.controller.daemonset;

import static dev.coracle.controller.daemonset.DaemonSetStory.addNode;
import static dev.coracle.controller.daemonset.DaemonSetStory.await;
import static dev.coracle.controller.daemonset.DaemonSetStory.awaitAll;
import static dev.coracle.controller.daemonset.DaemonSetStory.count;
import static dev.coracle.controller.daemonset.DaemonSetStory.create;
import static dev.coracle.controller.daemonset.DaemonSetStory.image;
import static dev.coracle.controller.daemonset.DaemonSetStory.on;
import static dev.coracle.controller.daemonset.DaemonSetStory.patchNode;
import static dev.coracle.controller.daemonset.DaemonSetStory.space;
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
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** DaemonSets and their nodes: where their Pods run, and what becomes of those that end. */
class DaemonSetStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(new ControllableClock(new SystemClock()));

  @Test
  void created_runsOnEachNodeThatFits_withWhatADaemonNeeds() {
    StoryNamespace space = space(cluster, "created", 2);
    KubeObject owner = create(space, "one", "");
    KubeObject set = awaitAll(space, 2);
    assertThat(count(set, "numberMisscheduled")).isZero();
    KubeObject pod = on(space, 0);
    assertThat(Owners.isControlledBy(pod, owner)).isTrue();
    assertThat(pod.name()).matches("agent-[a-z0-9]{5}");
    KubeObject revision = space.list(Resources.CONTROLLER_REVISIONS).getFirst();
    String hash = revision.labels().get("controller-revision-hash");
    assertThat(revision.name()).isEqualTo("agent-" + hash);
    // clients compare these bytes with a template of theirs
    assertThat(revision.at("data").toString())
        .startsWith("{\"spec\":{\"template\":{\"$patch\":\"replace\",\"metadata\":")
        .containsSubsequence("\"spec\":{\"containers\":[", "\"dnsPolicy\"", "\"restartPolicy\"")
        .containsSubsequence("{\"image\":", "\"imagePullPolicy\":", "\"name\":", "\"resources\"");
    assertThat(revision.at("metadata", "annotations").path("kubernetes.io/change-cause").asText())
        .isEqualTo("first");
    assertThat(pod.labels())
        .containsEntry("controller-revision-hash", hash)
        .containsEntry("pod-template-generation", "1");
    assertThat(pod.at("spec", "affinity", "nodeAffinity").toString())
        .contains(
            "\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"created-0\"]}]");
    assertThat(pod.at("spec", "tolerations").toString())
        .contains("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
        .contains("node.kubernetes.io/disk-pressure", "node.kubernetes.io/memory-pressure")
        .contains("node.kubernetes.io/pid-pressure", "node.kubernetes.io/unschedulable")
        .doesNotContain("network-unavailable");
    space.awaitEvent("agent", "Normal SuccessfulCreate Created pod: " + pod.name());
  }

  @Test
  void events_comeFromTheDaemonSetController() {
    StoryNamespace space = space(cluster, "events", 1);
    create(space, "one", "");
    space.awaitEvent("agent", "SuccessfulCreate");
    assertThat(space.list(GroupVersionResource.core("events")))
        .filteredOn(event -> event.text("involvedObject", "name").equals("agent"))
        .allMatch(event -> event.text("source", "component").equals("daemonset-controller"));
  }

  @Test
  void nodes_labelledAndUnlabelled_getAndLosePods() {
    StoryNamespace space = space(cluster, "labels", 2);
    create(space, "one", "");
    awaitAll(space, 2);
    addNode(space, 2);
    awaitAll(space, 3);
    patchNode(space, 1, "metadata: {labels: {story: other}}");
    awaitAll(space, 2);
    assertThat(space.awaitReady(2))
        .extracting(Pods::nodeName)
        .containsExactlyInAnyOrder("labels-0", "labels-2");
  }

  @Test
  void taints_keepNewPodsAway_andDriveOthersOut() {
    StoryNamespace space = space(cluster, "taints", 3);
    patchNode(space, 0, "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}");
    create(space, "one", "");
    awaitAll(space, 2);
    patchNode(space, 1, "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}");
    KubeObject set = await(space, d -> count(d, "desiredNumberScheduled") == 1);
    assertThat(count(set, "numberMisscheduled")).isEqualTo(1);
    assertThat(space.pods()).hasSize(2);
    patchNode(space, 1, "spec: {taints: [{key: k, value: v, effect: NoExecute}]}");
    space.awaitPods(pods -> pods.size() == 1);
    patchNode(space, 0, "spec: {taints: null}");
    patchNode(space, 1, "spec: {taints: null}");
    patchNode(space, 2, "spec: {unschedulable: true}");
    awaitAll(space, 3);
  }

  @Test
  void podsDeletedEvictedOrEnded_areReplaced_andTold() {
    StoryNamespace space = space(cluster, "dying", 2);
    create(space, "one", "");
    awaitAll(space, 2);
    for (String death : List.of("delete", "evict", "Failed", "Succeeded")) {
      KubeObject pod = on(space, 0);
      switch (death) {
        case "delete" -> space.delete(Resources.PODS, pod.name());
        case "evict" -> space.evict(pod.name());
        default -> cluster.setStatus(pod, death, false, "");
      }
      space.awaitPods(
          pods ->
              pods.size() == 2
                  && pods.stream().allMatch(Pods::isReady)
                  && pods.stream().noneMatch(p -> p.uid().equals(pod.uid())));
      if (death.equals("Failed")) {
        space.awaitEvent(
            "agent",
            "Warning FailedDaemonPod Found failed daemon pod dying/"
                + pod.name()
                + " on node dying-0, will try to kill it");
      }
      if (death.equals("Succeeded")) {
        space.awaitEvent(
            "agent",
            "Normal SucceededDaemonPod Found succeeded daemon pod dying/"
                + pod.name()
                + " on node dying-0, will try to delete it");
      }
    }
    awaitAll(space, 2);
  }

  @Test
  void podFailingAgainAtOnce_isReplacedAfterABackOff() {
    StoryNamespace space = space(cluster, "backoff", 1);
    create(space, "one", "");
    awaitAll(space, 1);
    KubeObject first = on(space, 0);
    cluster.setStatus(first, "Failed", false, "");
    space.awaitPods(pods -> pods.size() == 1 && !pods.getFirst().uid().equals(first.uid()));
    awaitAll(space, 1);
    KubeObject second = on(space, 0);
    cluster.setStatus(second, "Failed", false, "");
    await(space, d -> count(d, "numberReady") == 0);
    cluster.turn(Duration.ofSeconds(3));
    space.awaitPods(pods -> pods.size() == 1 && !pods.getFirst().uid().equals(second.uid()));
    awaitAll(space, 1);
  }

  @Test
  void quota_usedUp_isAnEventUntilItIsRaised() {
    StoryNamespace space = space(cluster, "quota", 3);
    KubeObject unused =
        space.create(
            Resources.RESOURCE_QUOTAS,
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: few}
            spec: {hard: {pods: "1"}}
            """);
    unused =
        space.await(
            Resources.RESOURCE_QUOTAS,
            "few",
            q -> q.at("status", "hard").path("pods").asInt() == 1);
    create(space, "one", "");
    space.awaitEvent("agent", "Warning FailedCreate Error creating: pods \"agent-");
    await(space, d -> count(d, "currentNumberScheduled") == 1);
    unused =
        space.patch(
            Resources.RESOURCE_QUOTAS, "few", "", PatchType.MERGE, "spec: {hard: {pods: '9'}}");
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(10)); // over the back-off
          return space.pods().size() == 3;
        });
    awaitAll(space, 3);
  }

  @Test
  void orphans_areAdopted_thoseOfSomebodyElseAreNotTouched() {
    StoryNamespace space = space(cluster, "orphans", 2);
    create(space, "one", "");
    awaitAll(space, 2);
    space.orphan(Resources.DAEMON_SETS, "agent");
    StoryNamespace.eventually(
        () -> cluster.admin().find(Resources.DAEMON_SETS, "orphans", "agent") == null);
    Set<String> pods = space.uids();
    KubeObject unused =
        space.create(
            Resources.PODS,
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: foreign
              labels: {app: agent}
              ownerReferences:
              - {apiVersion: example.com/v1, kind: Thing, name: thing, controller: true,
                 uid: 6b7b6a3e-0000-4000-8000-000000000003}
            spec: {nodeName: orphans-0, containers: [{name: main, image: foreign}]}
            """);
    KubeObject again = create(space, "one", "");
    awaitAll(space, 2);
    assertThat(space.uids()).containsAll(pods).hasSize(3);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS))
        .singleElement()
        .satisfies(revision -> assertThat(Owners.isControlledBy(revision, again)).isTrue());
    // a Pod that it has released and that matches again is its own again
    String released = on(space, 1).name();
    unused = space.patch(Resources.PODS, released, "metadata: {labels: {app: released}}");
    unused = space.await(Resources.PODS, released, p -> p.ownerReferences().isEmpty());
    space.awaitPods(there -> there.size() == 4);
    unused = space.patch(Resources.PODS, released, "metadata: {labels: {app: agent}}");
    space.awaitPods(there -> there.size() == 3);
    awaitAll(space, 2);
  }

  @Test
  void twoWithTheSameSelector_keepToTheirOwnPods() {
    StoryNamespace space = space(cluster, "overlap", 2);
    KubeObject one = create(space, "one", "");
    KubeObject two =
        space.create(
            Resources.DAEMON_SETS,
            """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: rival}
            spec:
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec:
                  nodeSelector: {story: overlap}
                  containers: [{name: main, image: rival}]
            """);
    List<KubeObject> pods = space.awaitReady(4);
    assertThat(pods.stream().filter(p -> Owners.isControlledBy(p, one))).hasSize(2);
    assertThat(pods.stream().filter(p -> Owners.isControlledBy(p, two))).hasSize(2);
    space.delete(Resources.DAEMON_SETS, "rival");
    assertThat(space.awaitPods(left -> left.size() == 2))
        .allMatch(p -> Owners.isControlledBy(p, one));
  }

  @Test
  void nodeLost_keepsItsDaemon_untilTheNodeIsDeleted() {
    StoryNamespace space = space(cluster, "lost", 2);
    create(space, "one", "");
    awaitAll(space, 2);
    KubeObject there = on(space, 1);
    cluster.silence("lost-1");
    cluster.turn(Duration.ofSeconds(75));
    // it tolerates that its Pod stays there, not that a new one were started there
    await(
        space, d -> count(d, "desiredNumberScheduled") == 1 && count(d, "numberMisscheduled") == 1);
    assertThat(on(space, 1).uid()).isEqualTo(there.uid());
    KubeObject unused =
        cluster.admin().delete(Resources.NODES, "", "lost-1", DeleteOptions.DEFAULT);
    await(space, d -> count(d, "numberMisscheduled") == 0);
    StoryNamespace.eventually(
        () -> {
          cluster.turn(Duration.ofSeconds(30)); // the Pod GC gives a node time to come back
          return space.pods().size() == 1;
        });
    awaitAll(space, 1);
  }

  @Test
  void statusAndCollections_workAsTheConformanceTestsWant() {
    StoryNamespace space = space(cluster, "status", 1);
    create(space, "one", "");
    awaitAll(space, 1);
    KubeObject unused =
        space.patch(
            Resources.DAEMON_SETS,
            "agent",
            "status",
            PatchType.MERGE,
            "status: {conditions: [{type: StatusPatched, status: 'True'}]}");
    image(space, "two");
    KubeObject set = awaitAll(space, 1);
    assertThat(Conditions.isTrue(set.at("status", "conditions"), "StatusPatched")).isTrue();
    unused = space.patch(Resources.DAEMON_SETS, "agent", "metadata: {labels: {test: together}}");
    cluster
        .admin()
        .deleteCollection(
            Resources.DAEMON_SETS,
            "status",
            DeleteOptions.background(),
            ListOptions.ALL.withLabelSelector("test=together"));
    StoryNamespace.eventually(
        () -> space.list(Resources.DAEMON_SETS).isEmpty() && space.pods().isEmpty());
  }
}
