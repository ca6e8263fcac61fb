package dev.coracle.controller.garbage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Owners and what they own: background, foreground, orphans; wrong, absent and circling owners. */
class GarbageCollectorStoryTest {

  private static final GroupVersionResource MAPS = Resources.CONFIG_MAPS;
  private static final GroupVersionResource BOATS =
      GroupVersionResource.of("example.com", "v1", "boats");

  @AutoClose private static final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private final String namespace = cluster.namespace();

  private static String owner(KubeObject owner, boolean block) {
    return "{apiVersion: %s, kind: %s, name: %s, uid: %s, blockOwnerDeletion: %s}"
        .formatted(owner.apiVersion(), owner.kind(), owner.name(), owner.uid(), block);
  }

  private KubeObject map(String name, String owners, String finalizers) {
    return mapIn(namespace, name, owners, finalizers);
  }

  private static KubeObject mapIn(String where, String name, String owners, String finalizers) {
    return cluster.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: %s, namespace: %s, ownerReferences: [%s], finalizers: [%s]}
        """
            .formatted(name, where, owners, finalizers));
  }

  private void delete(String name, String policy) {
    KubeObject unused =
        cluster
            .admin()
            .delete(MAPS, namespace, name, new DeleteOptions(false, null, policy, null, null));
  }

  private boolean exists(String name) {
    return cluster.admin().find(MAPS, namespace, name) != null;
  }

  private void release(String name) {
    KubeObject unused = cluster.change(MAPS, namespace, name, "{metadata: {finalizers: []}}");
  }

  /** An owned object of its own, whose end shows that the collector has come so far. */
  private void awaitCollected() {
    KubeObject owner = map("mark", "", "");
    KubeObject unused = map("marked", owner(owner, false), "");
    delete("mark", "Background");
    cluster.awaitGone(MAPS, namespace, "marked");
  }

  @Test
  void background_ownerGoesFirst_thenTheWholeTree() {
    KubeObject root = map("root", "", "");
    KubeObject child = map("child", owner(root, true), "");
    KubeObject unused = map("grandchild", owner(child, true), "");
    delete("root", "Background");
    assertThat(exists("root")).isFalse();
    cluster.awaitGone(MAPS, namespace, "child");
    cluster.awaitGone(MAPS, namespace, "grandchild");
  }

  @Test
  void foreground_blockingDependent_goesBeforeItsOwner() {
    KubeObject root = map("root", "", "");
    KubeObject unused = map("blocks", owner(root, true), "example.com/slow");
    unused = map("free", owner(root, false), "example.com/slow");
    delete("root", "Foreground");
    cluster.awaitObject(MAPS, namespace, "blocks", KubeObject::isDeleting);
    cluster.awaitObject(MAPS, namespace, "free", KubeObject::isDeleting);
    KubeObject waiting = cluster.admin().get(MAPS, namespace, "root");
    assertThat(waiting.finalizers()).containsExactly("foregroundDeletion");
    release("blocks");
    cluster.awaitGone(MAPS, namespace, "root");
    assertThat(exists("free")).isTrue();
    release("free");
  }

  @Test
  void foreground_dependentUnblocked_ownerGoesOn() {
    KubeObject root = map("root", "", "");
    KubeObject unused = map("blocks", owner(root, true), "example.com/slow");
    delete("root", "Foreground");
    cluster.awaitObject(MAPS, namespace, "blocks", KubeObject::isDeleting);
    unused =
        cluster.change(
            MAPS,
            namespace,
            "blocks",
            "{metadata: {ownerReferences: [%s]}}".formatted(owner(root, false)));
    cluster.awaitGone(MAPS, namespace, "root");
    release("blocks");
  }

  @Test
  void orphan_dependents_stayWithoutTheirOwner() {
    KubeObject root = map("root", "", "");
    KubeObject other = map("other", "", "");
    KubeObject unused = map("child", owner(root, true) + ", " + owner(other, false), "");
    delete("root", "Orphan");
    cluster.awaitGone(MAPS, namespace, "root");
    KubeObject child = cluster.admin().get(MAPS, namespace, "child");
    assertThat(child.ownerReferences()).singleElement().extracting("name").isEqualTo("other");
    assertThat(child.isDeleting()).isFalse();
  }

  @Test
  void twoOwners_oneStays_dependentStaysWithIt() {
    KubeObject goes = map("goes", "", "");
    KubeObject stays = map("stays", "", "");
    KubeObject unused = map("child", owner(goes, true) + ", " + owner(stays, true), "");
    delete("goes", "Foreground");
    cluster.awaitGone(MAPS, namespace, "goes");
    KubeObject child = cluster.admin().get(MAPS, namespace, "child");
    assertThat(child.ownerReferences()).singleElement().extracting("name").isEqualTo("stays");
    delete("stays", "Background");
    cluster.awaitGone(MAPS, namespace, "child");
  }

  /** Conformance: "should not be blocked by dependency circle". */
  @Test
  void circle_deletedInForeground_goesWhole() {
    KubeObject one = map("one", "", "");
    KubeObject two = map("two", owner(one, true), "");
    KubeObject three = map("three", owner(two, true), "");
    KubeObject unused =
        cluster.change(
            MAPS,
            namespace,
            "one",
            "{metadata: {ownerReferences: [%s]}}".formatted(owner(three, true)));
    delete("one", "Foreground");
    for (String name : List.of("one", "two", "three")) {
      cluster.awaitGone(MAPS, namespace, name);
    }
  }

  @Test
  void absentOwner_dependentGoes() {
    KubeObject unused =
        map(
            "child",
            "{apiVersion: v1, kind: ConfigMap, name: never, uid: 00000000-0000-0000-0000-000000000000}",
            "");
    cluster.awaitGone(MAPS, namespace, "child");
  }

  @Test
  void ownerOfTheSameNameButAnotherUid_isAbsent() {
    KubeObject unused = map("owner", "", "");
    unused =
        map(
            "child",
            "{apiVersion: v1, kind: ConfigMap, name: owner, uid: 00000000-0000-0000-0000-000000000001}",
            "");
    cluster.awaitGone(MAPS, namespace, "child");
    assertThat(exists("owner")).isTrue();
  }

  @Test
  void ownerInAnotherNamespace_isNone_andGoodDependentsOfItStay() {
    KubeObject owner = map("owner", "", "");
    KubeObject unused = map("good", owner(owner, true), "");
    String elsewhere = cluster.namespace();
    unused = mapIn(elsewhere, "bad", owner(owner, true), "example.com/look");
    cluster.awaitObject(MAPS, elsewhere, "bad", KubeObject::isDeleting);
    cluster.awaitEvent(
        elsewhere,
        "bad",
        "OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: %s, name: owner, uid: %s] does not exist in namespace \"%s\""
            .formatted(elsewhere, owner.uid(), elsewhere));
    // another good one is looked at after the bad one taught that the owner is not there
    unused = map("late", owner(owner, true), "");
    unused = cluster.change(MAPS, namespace, "late", "{metadata: {labels: {look: again}}}");
    awaitCollected();
    assertThat(exists("good")).isTrue();
    assertThat(exists("late")).isTrue();
    unused = cluster.change(MAPS, elsewhere, "bad", "{metadata: {finalizers: []}}");
  }

  @Test
  void clusterWideObject_withANamespacedOwner_isLeftAlone() {
    KubeObject owner = map("owner", "", "");
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: wide-%s, ownerReferences: [%s]}
            """
                .formatted(namespace, owner(owner, false)));
    delete("owner", "Background");
    awaitCollected();
    assertThat(
            cluster.admin().get(Resources.CLUSTER_ROLES, "", "wide-" + namespace).ownerReferences())
        .hasSize(1);
  }

  @Test
  void customResources_ownAndAreOwned_likeOthers() {
    cluster.define("Boat");
    KubeObject boat = boat("owner", "");
    KubeObject unused = boat("owned", owner(boat, true));
    unused = map("cargo", owner(boat, true), "");
    unused = cluster.admin().delete(BOATS, namespace, "owner", DeleteOptions.background());
    cluster.awaitGone(BOATS, namespace, "owned");
    cluster.awaitGone(MAPS, namespace, "cargo");
  }

  private KubeObject boat(String name, String owners) {
    return cluster.apply(
        "{apiVersion: example.com/v1, kind: Boat, metadata: {name: %s, namespace: %s, ownerReferences: [%s]}}"
            .formatted(name, namespace, owners));
  }

  @Test
  void restart_inTheMiddleOfAForegroundDeletion_isFinished() throws Exception {
    KubeObject root = map("root", "", "");
    KubeObject unused = map("blocks", owner(root, true), "example.com/slow");
    delete("root", "Foreground");
    cluster.awaitObject(MAPS, namespace, "blocks", KubeObject::isDeleting);
    cluster.restartControllers(() -> release("blocks"));
    cluster.awaitGone(MAPS, namespace, "root");
    assertThat(exists("blocks")).isFalse();
  }
}
