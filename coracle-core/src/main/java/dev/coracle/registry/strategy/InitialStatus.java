package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.registry.ResourceType;

/**
 * The status that a new object shows: the fields that Kubernetes writes even when they are zero.
 */
public final class InitialStatus {

  private InitialStatus() {}

  public static ObjectNode of(ResourceType type) {
    ObjectNode status = Json.object();
    switch (type.kind()) {
      case "ReplicaSet", "ReplicationController" -> status.put("replicas", 0);
      case "StatefulSet" -> status.put("replicas", 0).put("availableReplicas", 0);
      case "DaemonSet" ->
          status
              .put("currentNumberScheduled", 0)
              .put("numberMisscheduled", 0)
              .put("desiredNumberScheduled", 0)
              .put("numberReady", 0);
      case "PodDisruptionBudget" ->
          status
              .put("disruptionsAllowed", 0)
              .put("currentHealthy", 0)
              .put("desiredHealthy", 0)
              .put("expectedPods", 0);
      case "HorizontalPodAutoscaler" -> {
        if (type.version().equals("v1")) {
          status.put("currentReplicas", 0).put("desiredReplicas", 0);
        } else {
          status.put("desiredReplicas", 0).putNull("currentMetrics");
        }
      }
      case "Service", "Ingress" -> status.putObject("loadBalancer");
      case "PersistentVolumeClaim", "PersistentVolume" -> status.put("phase", "Pending");
      case "VolumeAttachment" -> status.put("attached", false);
      default -> {}
    }
    return status;
  }
}
