package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Trees;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Deployment's ReplicaSets as its history: which has which template, and in which order. */
final class Revisions {

  static final String REVISION = "deployment.kubernetes.io/revision";
  static final String HISTORY = "deployment.kubernetes.io/revision-history";
  static final String DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
  static final String MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";
  static final String ROLLBACK_TO = "deprecated.deployment.rollback.to";
  static final String HASH_LABEL = "pod-template-hash";
  private static final int LONGEST_HISTORY = 2000;

  private static final Set<String> OWN_ANNOTATIONS =
      Set.of(
          "kubectl.kubernetes.io/last-applied-configuration",
          REVISION,
          HISTORY,
          DESIRED_REPLICAS,
          MAX_REPLICAS,
          ROLLBACK_TO);

  private Revisions() {}

  static long revision(KubeObject object) {
    return revision(object.at("metadata", "annotations"));
  }

  private static long revision(JsonNode annotations) {
    return annotations.path(REVISION).asLong(0);
  }

  /** The revision before the newest; 0 when there is none. */
  static long secondNewest(List<KubeObject> replicaSets) {
    return replicaSets.stream()
        .map(Revisions::revision)
        .sorted(Comparator.reverseOrder())
        .skip(1)
        .findFirst()
        .orElse(0L);
  }

  static long newest(List<KubeObject> replicaSets) {
    return replicaSets.stream().mapToLong(Revisions::revision).max().orElse(0);
  }

  /** The ReplicaSet of the Deployment's present template: the oldest, if there are several. */
  static @Nullable KubeObject find(KubeObject deployment, List<KubeObject> replicaSets) {
    JsonNode wanted = withoutHash(deployment.at("spec", "template"));
    return replicaSets.stream()
        .filter(set -> Trees.same(withoutHash(set.at("spec", "template")), wanted))
        .min(Rollout.OLDEST_FIRST)
        .orElse(null);
  }

  static JsonNode withoutHash(JsonNode template) {
    if (!template.path("metadata").path("labels").has(HASH_LABEL)) {
      return template;
    }
    ObjectNode copy = template.deepCopy();
    ObjectNode labels = copy.withObject("/metadata").withObject("/labels");
    labels.remove(HASH_LABEL);
    if (labels.isEmpty()) {
      copy.withObject("/metadata").remove("labels");
    }
    return copy;
  }

  /**
   * Writes into a ReplicaSet's annotations what they should be when it is the new one.
   *
   * @return whether anything changed
   */
  static boolean annotateNew(ObjectNode replicaSet, KubeObject deployment, long revision) {
    ObjectNode annotations = replicaSet.withObject("/metadata").withObject("/annotations");
    JsonNode before = annotations.deepCopy();
    deployment
        .at("metadata", "annotations")
        .properties()
        .forEach(
            entry -> {
              if (!OWN_ANNOTATIONS.contains(entry.getKey())) {
                annotations.set(entry.getKey(), entry.getValue());
              }
            });
    long known = revision(annotations);
    if (known < revision) {
      if (known > 0) {
        String history = history(annotations.path(HISTORY).asText(""), Long.toString(known));
        annotations.put(HISTORY, history);
      }
      annotations.put(REVISION, Long.toString(revision));
    }
    return !before.equals(annotations);
  }

  /** The former revisions, without the oldest ones when they grow too long. */
  private static String history(String history, String revision) {
    if (history.isEmpty()) {
      return revision;
    }
    String longer = history + "," + revision;
    while (longer.length() > LONGEST_HISTORY) {
      int comma = longer.indexOf(',');
      if (comma < 0) {
        return history;
      }
      longer = longer.substring(comma + 1);
    }
    return longer;
  }

  /** The annotations that a Deployment had at a revision, in place of those it has. */
  static void restoreAnnotations(ObjectNode annotations, KubeObject revision) {
    ObjectNode kept = annotations.deepCopy();
    kept.retain(OWN_ANNOTATIONS);
    annotations.removeAll();
    annotations.setAll(kept);
    revision
        .at("metadata", "annotations")
        .properties()
        .forEach(
            entry -> {
              if (!OWN_ANNOTATIONS.contains(entry.getKey())) {
                annotations.set(entry.getKey(), entry.getValue());
              }
            });
  }

  /** Writes into a ReplicaSet for how many replicas of its Deployment it was scaled. */
  static boolean annotateReplicas(ObjectNode replicaSet, Rollout rollout) {
    ObjectNode annotations = replicaSet.withObject("/metadata").withObject("/annotations");
    String desired = Integer.toString(rollout.replicas());
    String most = Integer.toString(rollout.replicas() + rollout.maxSurge());
    boolean changed =
        !annotations.path(DESIRED_REPLICAS).asText().equals(desired)
            || !annotations.path(MAX_REPLICAS).asText().equals(most);
    annotations.put(DESIRED_REPLICAS, desired).put(MAX_REPLICAS, most);
    return changed;
  }

  /** The ReplicaSet of the Deployment's present template, without Pods yet. */
  static ObjectNode newReplicaSet(KubeObject deployment, String hash) {
    ObjectNode set = Json.object().put("kind", "ReplicaSet").put("apiVersion", "apps/v1");
    ObjectNode metadata = set.putObject("metadata");
    metadata.put("name", deployment.name() + "-" + hash);
    metadata.put("namespace", deployment.namespace());
    ObjectNode template = deployment.at("spec", "template").deepCopy();
    template.withObject("/metadata").withObject("/labels").put(HASH_LABEL, hash);
    metadata.set("labels", template.path("metadata").path("labels").deepCopy());
    ObjectNode spec = set.putObject("spec");
    int minReady = deployment.at("spec", "minReadySeconds").asInt();
    if (minReady != 0) {
      spec.put("minReadySeconds", minReady);
    }
    ObjectNode selector = deployment.at("spec", "selector").deepCopy();
    selector.withObject("/matchLabels").put(HASH_LABEL, hash);
    spec.set("selector", selector);
    spec.set("template", template);
    return set;
  }

  /** The old ReplicaSets that the history limit says to delete, oldest revision first. */
  static List<KubeObject> beyondLimit(List<KubeObject> old, int limit) {
    List<KubeObject> alive =
        old.stream()
            .filter(set -> !set.isDeleting())
            .sorted(
                Comparator.comparingLong((KubeObject set) -> revision(set))
                    .thenComparing(Rollout.OLDEST_FIRST))
            .toList();
    return alive.stream()
        .limit(Math.max(0, alive.size() - limit))
        .filter(
            set ->
                set.at("status", "replicas").asInt() == 0
                    && Rollout.specReplicas(set) == 0
                    && set.generation() <= set.at("status", "observedGeneration").asLong())
        .toList();
  }
}
