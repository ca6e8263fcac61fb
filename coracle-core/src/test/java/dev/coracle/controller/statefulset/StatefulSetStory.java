package dev.coracle.controller.statefulset;

import dev.coracle.api.ControllableClock;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;
import java.util.List;
import java.util.function.Predicate;

/**
 * The StatefulSet {@code db} that each story has in a namespace of its own, and what is done to it.
 */
final class StatefulSetStory {

  static final String CLAIMS =
      """
      volumeClaimTemplates:
      - metadata: {name: data, labels: {kind: log}}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  private StatefulSetStory() {}

  /** A node, and volumes for the claims of every story. */
  static ControlPlaneInMemory cluster(ControllableClock clock) {
    ControlPlaneInMemory cluster = ControlPlaneInMemory.start(clock);
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
    return cluster;
  }

  static KubeObject create(StoryNamespace space, int replicas, String image, String more) {
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

  static KubeObject await(StoryNamespace space, Predicate<KubeObject> good) {
    return space.awaitObserved(Resources.STATEFUL_SETS, "db", good);
  }

  static int count(KubeObject set, String field) {
    return set.at("status", field).asInt();
  }

  static KubeObject awaitAll(StoryNamespace space, int replicas) {
    return await(
        space,
        s ->
            count(s, "replicas") == replicas
                && count(s, "availableReplicas") == replicas
                && count(s, "updatedReplicas") == replicas
                && count(s, "currentReplicas") == replicas
                && s.text("status", "currentRevision").equals(s.text("status", "updateRevision")));
  }

  static List<String> names(StoryNamespace space) {
    return space.pods().stream().map(KubeObject::name).toList();
  }

  static KubeObject pod(StoryNamespace space, int ordinal) {
    return space.get(Resources.PODS, "db-" + ordinal);
  }

  static KubeObject claim(StoryNamespace space, int ordinal) {
    return space.get(Resources.PERSISTENT_VOLUME_CLAIMS, "data-db-" + ordinal);
  }

  static void patch(StoryNamespace space, String yaml) {
    KubeObject unused = space.patch(Resources.STATEFUL_SETS, "db", yaml);
  }

  static void scale(StoryNamespace space, int replicas) {
    KubeObject unused = space.scale(Resources.STATEFUL_SETS, "db", replicas);
  }

  static void image(StoryNamespace space, String image) {
    KubeObject unused = space.image(Resources.STATEFUL_SETS, "db", image);
  }
}
