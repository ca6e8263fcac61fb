package dev.coracle.schema.table;

import org.jspecify.annotations.Nullable;

/** What the cell functions of those kinds look at of which there may be many. */
final class TableFields {

  private static final String POD_SPEC = "containers(name image)";

  private TableFields() {}

  /** Null for a kind whose cells are made from the whole object. */
  static @Nullable Fields of(String group, String kind) {
    String notation = notation(group, kind);
    return notation == null ? null : Fields.of(notation);
  }

  private static @Nullable String notation(String group, String kind) {
    return switch (group) {
      case "" -> core(kind);
      case "apps" -> workload(kind);
      case "batch" -> kind.equals("Job") ? job() : null;
      case "events.k8s.io" ->
          kind.equals("Event")
              ? "type reason eventTime note series deprecatedFirstTimestamp deprecatedLastTimestamp"
                  + " deprecatedCount deprecatedSource reportingController reportingInstance"
                  + " regarding(kind name fieldPath)"
              : null;
      case "discovery.k8s.io" ->
          kind.equals("EndpointSlice") ? "addressType ports endpoints(addresses)" : null;
      case "coordination.k8s.io" -> kind.equals("Lease") ? "spec(holderIdentity)" : null;
      case "rbac.authorization.k8s.io" ->
          kind.endsWith("Binding") ? "roleRef(kind name) subjects(kind name namespace)" : "kind";
      default -> null;
    };
  }

  private static @Nullable String core(String kind) {
    return switch (kind) {
      case "Pod" ->
          "spec(containers(#) initContainers(name restartPolicy) nodeName readinessGates) status("
              + "reason phase podIP podIPs nominatedNodeName conditions(type status reason) "
              + container("initContainerStatuses")
              + container("containerStatuses")
              + ")";
      case "Node" ->
          "spec(unschedulable) status(conditions(type status) addresses"
              + " nodeInfo(kubeletVersion osImage kernelVersion containerRuntimeVersion))";
      case "ConfigMap" -> "data(#) binaryData(#)";
      case "Secret" -> "type data(#)";
      case "ServiceAccount" -> "kind";
      case "Namespace" -> "status(phase)";
      case "Event" ->
          "type reason message eventTime count series firstTimestamp lastTimestamp source"
              + " reportingComponent reportingInstance involvedObject(kind name fieldPath)";
      case "Service" ->
          "spec(type clusterIP clusterIPs externalIPs externalName selector"
              + " ports(port nodePort protocol)) status(loadBalancer)";
      case "Endpoints" -> "subsets";
      case "PersistentVolumeClaim" ->
          "metadata(annotations) spec(volumeName storageClassName volumeAttributesClassName"
              + " volumeMode) status(phase capacity accessModes)";
      default -> null;
    };
  }

  private static String container(String field) {
    return field
        + "(name restartCount started ready state(waiting(reason)"
        + " terminated(reason signal exitCode) running) lastState(terminated(finishedAt))) ";
  }

  private static @Nullable String workload(String kind) {
    return switch (kind) {
      case "Deployment" ->
          "spec(replicas selector template(spec("
              + POD_SPEC
              + "))) status(readyReplicas updatedReplicas availableReplicas)";
      case "ReplicaSet", "StatefulSet" ->
          "spec(replicas selector template(spec(" + POD_SPEC + "))) status(replicas readyReplicas)";
      case "DaemonSet" ->
          "spec(selector template(spec(nodeSelector "
              + POD_SPEC
              + "))) status(desiredNumberScheduled currentNumberScheduled numberReady"
              + " updatedNumberScheduled numberAvailable)";
      case "ControllerRevision" -> "revision";
      default -> null;
    };
  }

  private static String job() {
    return "spec(completions parallelism selector template(spec("
        + POD_SPEC
        + "))) status(succeeded startTime completionTime conditions(type status))";
  }
}
