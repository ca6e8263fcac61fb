package dev.coracle.controller.daemonset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.WriteOptions;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;
import java.util.function.Predicate;

/**
 * What stories of DaemonSets have in common: one of the name {@code agent}, on nodes of a story's
 * own.
 */
final class DaemonSetStory {

  private DaemonSetStory() {}

  /** A namespace and so many nodes for it, named {@code NAME-0} and so on. */
  static StoryNamespace space(ControlPlaneInMemory cluster, String name, int nodes) {
    StoryNamespace space = new StoryNamespace(cluster, name);
    for (int i = 0; i < nodes; i++) {
      addNode(space, i);
    }
    return space;
  }

  static void addNode(StoryNamespace space, int number) {
    space.cluster().addNode(node(space, number), "8", 50);
    patchNode(space, number, "metadata: {labels: {story: " + space.name() + "}}");
  }

  static String node(StoryNamespace space, int number) {
    return space.name() + "-" + number;
  }

  static void patchNode(StoryNamespace space, int number, String yaml) {
    KubeObject patched =
        space
            .cluster()
            .admin()
            .patch(
                Resources.NODES,
                "",
                node(space, number),
                "",
                PatchType.MERGE,
                ControlPlaneInMemory.yaml(yaml),
                WriteOptions.NONE);
    space.cluster().awaitSeen(Resources.NODES, patched);
  }

  static KubeObject create(StoryNamespace space, String image, String more) {
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

  static KubeObject await(StoryNamespace space, Predicate<KubeObject> good) {
    return space.awaitObserved(Resources.DAEMON_SETS, "agent", good);
  }

  static int count(KubeObject set, String field) {
    return set.at("status", field).asInt();
  }

  static KubeObject awaitAll(StoryNamespace space, int nodes) {
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

  static void image(StoryNamespace space, String image) {
    KubeObject unused = space.image(Resources.DAEMON_SETS, "agent", image);
  }

  static KubeObject on(StoryNamespace space, int number) {
    return space.pods().stream()
        .filter(pod -> Pods.nodeName(pod).equals(node(space, number)))
        .findFirst()
        .orElseThrow();
  }
}
