package dev.coracle.controller.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controller.Conditions;
import dev.coracle.controller.Resources;
import dev.coracle.controller.StoryNamespace;

/** What stories of Deployments have in common: one of the name {@code web}. */
final class DeploymentStory {

  private DeploymentStory() {}

  static KubeObject deployment(StoryNamespace space, int replicas, String more) {
    return space.create(
        Resources.DEPLOYMENTS,
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: %d
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: one}]}
        %s
        """
            .formatted(replicas, more.indent(2)));
  }

  static KubeObject awaitRollout(StoryNamespace space, int replicas) {
    return space.awaitObserved(
        Resources.DEPLOYMENTS,
        "web",
        d ->
            d.at("status", "updatedReplicas").asInt() == replicas
                && d.at("status", "replicas").asInt() == replicas
                && d.at("status", "availableReplicas").asInt() == replicas
                && reason(d, "Progressing").equals("NewReplicaSetAvailable"));
  }

  static JsonNode condition(KubeObject object, String type) {
    JsonNode condition = Conditions.find(object.at("status", "conditions"), type);
    return condition == null ? MissingNode.getInstance() : condition;
  }

  static String reason(KubeObject object, String type) {
    return condition(object, type).path("reason").asText();
  }

  static String annotation(KubeObject object, String name) {
    return object.at("metadata", "annotations").path("deployment.kubernetes.io/" + name).asText();
  }

  /** The ReplicaSet whose Pods have an image. */
  static KubeObject setOf(StoryNamespace space, String image) {
    return space.list(Resources.REPLICA_SETS).stream()
        .filter(
            set ->
                set.at("spec", "template", "spec", "containers")
                    .path(0)
                    .path("image")
                    .asText()
                    .equals(image))
        .findFirst()
        .orElseThrow();
  }

  static void image(StoryNamespace space, String image) {
    KubeObject unused = space.image(Resources.DEPLOYMENTS, "web", image);
  }

  static void patch(StoryNamespace space, String yaml) {
    KubeObject unused = space.patch(Resources.DEPLOYMENTS, "web", yaml);
  }
}
