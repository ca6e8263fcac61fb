package dev.coracle.controller.daemonset;

import static dev.coracle.controller.daemonset.DaemonSetStory.addNode;
import static dev.coracle.controller.daemonset.DaemonSetStory.await;
import static dev.coracle.controller.daemonset.DaemonSetStory.awaitAll;
import static dev.coracle.controller.daemonset.DaemonSetStory.count;
import static dev.coracle.controller.daemonset.DaemonSetStory.create;
import static dev.coracle.controller.daemonset.DaemonSetStory.image;
import static dev.coracle.controller.daemonset.DaemonSetStory.on;
import static dev.coracle.controller.daemonset.DaemonSetStory.space;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.ControllableClock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
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

/** New templates of a DaemonSet: how they come to its nodes, and the revisions that keep them. */
class DaemonSetRolloutStoryTest {

  @AutoClose
  private static final ControlPlaneInMemory cluster =
      ControlPlaneInMemory.start(new ControllableClock(new SystemClock()));

  @Test
  void newTemplate_rollsNodeByNode_andBackWithoutRestartingWhatStillFits() {
    StoryNamespace space = space(cluster, "rolled", 3);
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
    StoryNamespace space = space(cluster, "surge", 2);
    create(
        space,
        "one",
        "updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}");
    awaitAll(space, 2);
    cluster.turn(Duration.ofSeconds(2)); // of two Pods, a status counts the older one
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
    StoryNamespace space = space(cluster, "ondelete", 2);
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
    StoryNamespace space = space(cluster, "min-ready", 1);
    create(space, "one", "minReadySeconds: 60");
    KubeObject early = await(space, d -> count(d, "numberReady") == 1);
    assertThat(count(early, "numberAvailable")).isZero();
    assertThat(count(early, "numberUnavailable")).isEqualTo(1);
    cluster.turn(Duration.ofSeconds(62));
    awaitAll(space, 1);
  }

  @Test
  void controllers_restartedInTheMiddleOfARollout_endIt() throws Exception {
    StoryNamespace space = space(cluster, "restarted", 4);
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
    StoryNamespace space = space(cluster, "revisions", 1);
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
    StoryNamespace space = space(cluster, "duplicate", 2);
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
}
