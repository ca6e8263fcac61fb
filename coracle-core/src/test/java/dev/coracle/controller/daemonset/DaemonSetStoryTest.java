package dev.coracle.controller.daemonset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
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
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** DaemonSets through the API: each story has nodes of its own, with a label of its name. */
class DaemonSetStoryTest {

  private static ControllableClock clock;
  private static ControlPlaneInMemory cluster;

  @BeforeAll
  static void start() throws Exception {
    clock = new ControllableClock(new SystemClock());
    cluster = new ControlPlaneInMemory(clock);
  }

  @AfterAll
  static void stop() {
    cluster.close();
    clock.close();
  }

  /** A namespace and so many nodes for it, named {@code NAME-0} and so on. */
  private static StoryNamespace space(String name, int nodes) {
    StoryNamespace space = new StoryNamespace(cluster, name);
    for (int i = 0; i < nodes; i++) {
      addNode(space, i);
    }
    return space;
  }

  private static void addNode(StoryNamespace space, int number) {
    cluster.addNode(node(space, number), "8", 50);
    patchNode(space, number, "metadata: {labels: {story: " + space.name() + "}}");
  }

  private static String node(StoryNamespace space, int number) {
    return space.name() + "-" + number;
  }

  private static void patchNode(StoryNamespace space, int number, String yaml) {
    KubeObject patched =
        cluster
            .admin()
            .patch(
                Resources.NODES,
                "",
                node(space, number),
                "",
                PatchType.MERGE,
                ControlPlaneInMemory.yaml(yaml),
                WriteOptions.NONE);
    cluster.awaitSeen(Resources.NODES, patched);
  }

  private static KubeObject create(StoryNamespace space, String image, String more) {
    return space.create(
        Resources.DAEMON_SETS,
        """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, annotations: {kubernetes.io/change-cause: first}}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec:
              nodeSelector: {story: %s}
              containers: [{name: main, image: %s}]
        %s
        """
            .formatted(space.name(), image, more.indent(2)));
  }

  private static KubeObject await(StoryNamespace space, Predicate<KubeObject> good) {
    return space.awaitObserved(Resources.DAEMON_SETS, "agent", good);
  }

  private static int count(KubeObject set, String field) {
    return set.at("status", field).asInt();
  }

  private static KubeObject awaitAll(StoryNamespace space, int nodes) {
    KubeObject set =
        await(
            space,
            d ->
                count(d, "desiredNumberScheduled") == nodes
                    && count(d, "currentNumberScheduled") == nodes
                    && count(d, "updatedNumberScheduled") == nodes
                    && count(d, "numberReady") == nodes
                    && count(d, "numberAvailable") == nodes);
    assertThat(count(set, "numberUnavailable")).isZero();
    return set;
  }

  private static void image(StoryNamespace space, String image) {
    KubeObject unused = space.image(Resources.DAEMON_SETS, "agent", image);
  }

  private static KubeObject on(StoryNamespace space, int number) {
    return space.pods().stream()
        .filter(pod -> Pods.nodeName(pod).equals(node(space, number)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void created_runsOnEachNodeThatFits_withWhatADaemonNeeds() {
    StoryNamespace space = space("created", 2);
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
    StoryNamespace space = space("events", 1);
    create(space, "one", "");
    space.awaitEvent("agent", "SuccessfulCreate");
    assertThat(space.list(GroupVersionResource.core("events")))
        .filteredOn(event -> event.text("involvedObject", "name").equals("agent"))
        .allMatch(event -> event.text("source", "component").equals("daemonset-controller"));
  }

  @Test
  void nodes_labelledAndUnlabelled_getAndLosePods() {
    StoryNamespace space = space("labels", 2);
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
    StoryNamespace space = space("taints", 3);
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
    StoryNamespace space = space("dying", 2);
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
    StoryNamespace space = space("backoff", 1);
    create(space, "one", "");
    awaitAll(space, 1);
    KubeObject first = on(space, 0);
    cluster.setStatus(first, "Failed", false, "");
    space.awaitPods(pods -> pods.size() == 1 && !pods.getFirst().uid().equals(first.uid()));
    awaitAll(space, 1);
    KubeObject second = on(space, 0);
    cluster.setStatus(second, "Failed", false, "");
    await(space, d -> count(d, "numberReady") == 0);
    clock.advance(Duration.ofSeconds(3));
    space.awaitPods(pods -> pods.size() == 1 && !pods.getFirst().uid().equals(second.uid()));
    awaitAll(space, 1);
  }

  @Test
  void newTemplate_rollsNodeByNode_andBackWithoutRestartingWhatStillFits() {
    StoryNamespace space = space("rolled", 3);
    create(space, "one", "");
    awaitAll(space, 3);
    image(space, ControlPlaneInMemory.UNREADY);
    KubeObject stuck =
        await(
            space,
            d -> count(d, "updatedNumberScheduled") == 1 && count(d, "numberUnavailable") == 1);
    assertThat(count(stuck, "numberReady")).isEqualTo(2);
    Set<String> survivors =
        Set.copyOf(space.pods().stream().filter(Pods::isReady).map(KubeObject::uid).toList());
    assertThat(survivors).hasSize(2);
    image(space, "one");
    awaitAll(space, 3);
    assertThat(space.uids()).containsAll(survivors);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS))
        .extracting(revision -> revision.at("revision").asInt())
        .containsExactlyInAnyOrder(2, 3);
    image(space, "two");
    awaitAll(space, 3);
    assertThat(space.pods()).allMatch(p -> StoryNamespace.image(p).equals("two"));
  }

  @Test
  void surge_startsTheNewPodBesideTheOldOne() {
    StoryNamespace space = space("surge", 2);
    create(
        space,
        "one",
        "updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}");
    awaitAll(space, 2);
    clock.advance(Duration.ofSeconds(2)); // of two Pods, a status counts the older one
    image(space, ControlPlaneInMemory.UNREADY);
    List<KubeObject> pods =
        space.awaitPods(
            there ->
                there.size() == 3 && there.stream().allMatch(p -> Pods.phase(p).equals("Running")));
    KubeObject fresh = pods.stream().filter(p -> !Pods.isReady(p)).findFirst().orElseThrow();
    await(space, d -> count(d, "numberAvailable") == 2);
    cluster.setStatus(fresh, "Running", true, "");
    space.awaitPods(
        there ->
            there.size() == 3
                && there.stream()
                    .filter(p -> Pods.nodeName(p).equals(Pods.nodeName(fresh)))
                    .allMatch(p -> p.uid().equals(fresh.uid())));
  }

  @Test
  void onDelete_newTemplate_isForPodsMadeAnewOnly() {
    StoryNamespace space = space("ondelete", 2);
    create(space, "one", "updateStrategy: {type: OnDelete}");
    awaitAll(space, 2);
    image(space, "two");
    await(space, d -> count(d, "updatedNumberScheduled") == 0);
    space.delete(Resources.PODS, on(space, 0).name());
    await(space, d -> count(d, "updatedNumberScheduled") == 1 && count(d, "numberAvailable") == 2);
    assertThat(StoryNamespace.image(on(space, 0))).isEqualTo("two");
    assertThat(StoryNamespace.image(on(space, 1))).isEqualTo("one");
  }

  @Test
  void minReadySeconds_notOverYet_isReadyButUnavailable() {
    StoryNamespace space = space("min-ready", 1);
    create(space, "one", "minReadySeconds: 60");
    KubeObject early = await(space, d -> count(d, "numberReady") == 1);
    assertThat(count(early, "numberAvailable")).isZero();
    assertThat(count(early, "numberUnavailable")).isEqualTo(1);
    clock.advance(Duration.ofSeconds(62));
    awaitAll(space, 1);
  }

  @Test
  void quota_usedUp_isAnEventUntilItIsRaised() {
    StoryNamespace space = space("quota", 3);
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
          clock.advance(Duration.ofSeconds(10)); // over the back-off
          return space.pods().size() == 3;
        });
    awaitAll(space, 3);
  }

  @Test
  void orphans_areAdopted_thoseOfSomebodyElseAreNotTouched() {
    StoryNamespace space = space("orphans", 2);
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
    StoryNamespace space = space("overlap", 2);
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
    StoryNamespace space = space("lost", 2);
    create(space, "one", "");
    awaitAll(space, 2);
    KubeObject there = on(space, 1);
    cluster.silence("lost-1");
    clock.advance(Duration.ofSeconds(75));
    // it tolerates that its Pod stays there, not that a new one were started there
    await(
        space, d -> count(d, "desiredNumberScheduled") == 1 && count(d, "numberMisscheduled") == 1);
    assertThat(on(space, 1).uid()).isEqualTo(there.uid());
    KubeObject unused =
        cluster.admin().delete(Resources.NODES, "", "lost-1", DeleteOptions.DEFAULT);
    await(space, d -> count(d, "numberMisscheduled") == 0);
    StoryNamespace.eventually(
        () -> {
          clock.advance(Duration.ofSeconds(30)); // the Pod GC gives a node time to come back
          return space.pods().size() == 1;
        });
    awaitAll(space, 1);
  }

  @Test
  void controllers_restartedInTheMiddleOfARollout_endIt() throws Exception {
    StoryNamespace space = space("restarted", 4);
    create(space, "one", "");
    awaitAll(space, 4);
    image(space, "two");
    space.awaitPods(pods -> pods.stream().anyMatch(p -> StoryNamespace.image(p).equals("two")));
    cluster.restartControllers(
        () -> {
          KubeObject pod = space.pods().getFirst();
          KubeObject unused =
              cluster
                  .admin()
                  .delete(Resources.PODS, "restarted", pod.name(), DeleteOptions.DEFAULT);
          addNode(space, 4);
        });
    awaitAll(space, 5);
    assertThat(space.pods()).hasSize(5).allMatch(p -> StoryNamespace.image(p).equals("two"));
  }

  private static ObjectNode copyOf(KubeObject revision) {
    ObjectNode copy = revision.mutableTree();
    copy.withObject("/metadata").removeAll().put("name", "by-hand");
    copy.withObject("/metadata").putObject("labels").put("app", "agent");
    return copy.put("revision", 2);
  }

  @Test
  void revisions_madeChangedAndDeletedByHand_asTheConformanceTestDoes() {
    StoryNamespace space = space("revisions", 1);
    KubeObject set = create(space, "one", "");
    awaitAll(space, 1);
    KubeObject first = space.list(Resources.CONTROLLER_REVISIONS).getFirst();
    KubeObject unused =
        space.patch(
            Resources.CONTROLLER_REVISIONS,
            first.name(),
            "metadata: {labels: {" + first.name() + ": patched}}");
    ObjectNode copy = copyOf(first);
    copy.withObject("/metadata").putArray("ownerReferences").add(Owners.controllerRef(set));
    copy.withObject("/metadata")
        .withObject("/labels")
        .put("controller-revision-hash", first.labels().get("controller-revision-hash"));
    unused = cluster.admin().create(Resources.CONTROLLER_REVISIONS, "revisions", copy);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS)).hasSize(2);
    space.delete(Resources.CONTROLLER_REVISIONS, first.name());
    unused =
        space.patch(
            Resources.CONTROLLER_REVISIONS, "by-hand", "metadata: {labels: {by-hand: updated}}");
    image(space, "two");
    awaitAll(space, 1);
    assertThat(space.list(Resources.CONTROLLER_REVISIONS)).hasSize(2);
    cluster
        .admin()
        .deleteCollection(
            Resources.CONTROLLER_REVISIONS,
            "revisions",
            DeleteOptions.background(),
            ListOptions.ALL.withLabelSelector("by-hand=updated"));
    assertThat(space.list(Resources.CONTROLLER_REVISIONS))
        .singleElement()
        .satisfies(last -> assertThat(last.at("revision").asInt()).isEqualTo(3));
    KubeObject last = space.list(Resources.CONTROLLER_REVISIONS).getFirst();
    space.delete(Resources.CONTROLLER_REVISIONS, last.name());
    StoryNamespace.eventually(
        () ->
            space.list(Resources.CONTROLLER_REVISIONS).stream()
                .anyMatch(again -> !again.uid().equals(last.uid())));
    awaitAll(space, 1);
  }

  @Test
  void revision_ofTheSameTemplateByNobody_takesThePlaceOfTheFirst() {
    StoryNamespace space = space("duplicate", 2);
    create(space, "one", "");
    awaitAll(space, 2);
    Set<String> pods = space.uids();
    KubeObject first = space.list(Resources.CONTROLLER_REVISIONS).getFirst();
    KubeObject unused =
        cluster.admin().create(Resources.CONTROLLER_REVISIONS, "duplicate", copyOf(first));
    StoryNamespace.eventually(
        () -> {
          List<KubeObject> there = space.list(Resources.CONTROLLER_REVISIONS);
          return there.size() == 1 && there.getFirst().name().equals("by-hand");
        });
    space.awaitPods(
        there ->
            there.stream()
                .allMatch(p -> "by-hand".equals(p.labels().get("controller-revision-hash"))));
    awaitAll(space, 2);
    assertThat(space.uids()).isEqualTo(pods);
  }

  @Test
  void statusAndCollections_workAsTheConformanceTestsWant() {
    StoryNamespace space = space("status", 1);
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
