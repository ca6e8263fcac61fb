package dev.coracle.admission.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Operation;
import dev.coracle.client.Client;
import dev.coracle.client.PodReferences;
import java.util.function.Supplier;

/**
 * The Pods that a node may write: mirror Pods, and the status and evictions of those bound to it.
 */
final class NodePods {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final String MIRROR = "kubernetes.io/config.mirror";

  private final Supplier<Client> client;

  NodePods(Supplier<Client> client) {
    this.client = client;
  }

  void check(NodeWrite write) {
    switch (write.attributes().subresource()) {
      case "" -> {
        switch (write.attributes().operation()) {
          case CREATE -> mirrorPod(write);
          case DELETE -> {
            if (!bound(write, write.name()).equals(write.node())) {
              throw write.refused(
                  "node "
                      + NodeWrite.quoted(write.node())
                      + " can only delete pods with spec.nodeName set to itself");
            }
          }
          default ->
              throw write.refused(
                  "unexpected operation "
                      + NodeWrite.quoted(write.attributes().operation().name())
                      + ", node "
                      + NodeWrite.quoted(write.node())
                      + " can only create and delete mirror pods");
        }
      }
      case "status" -> podStatus(write);
      case "eviction" -> {
        ObjectNode eviction = write.attributes().object();
        String named = write.attributes().name();
        String pod =
            named.isEmpty() && eviction != null
                ? eviction.path("metadata").path("name").asText("")
                : named;
        if (!bound(write, pod).equals(write.node())) {
          throw write.refused(
              "node " + write.node() + " can only evict pods with spec.nodeName set to itself");
        }
      }
      default ->
          throw write.refused(
              "unexpected pod subresource "
                  + NodeWrite.quoted(write.attributes().subresource())
                  + ", only 'status' and 'eviction' are allowed");
    }
  }

  /** The node that a stored Pod is bound to. */
  private String bound(NodeWrite write, String pod) {
    return client.get().get(PODS, write.attributes().namespace(), pod).text("spec", "nodeName");
  }

  private void mirrorPod(NodeWrite write) {
    JsonNode pod = write.object();
    JsonNode metadata = pod.path("metadata");
    JsonNode spec = pod.path("spec");
    String its = "node " + NodeWrite.quoted(write.node()) + " ";
    if (!metadata.path("annotations").has(MIRROR)) {
      throw write.refused(
          "pod does not have "
              + NodeWrite.quoted(MIRROR)
              + " annotation, "
              + its
              + "can only create mirror pods");
    }
    if (!spec.path("nodeName").asText("").equals(write.node())) {
      throw write.refused(its + "can only create pods with spec.nodeName set to itself");
    }
    JsonNode owners = metadata.path("ownerReferences");
    if (owners.size() > 1) {
      throw write.refused(its + "can only create pods with a single owner reference set to itself");
    }
    JsonNode owner = owners.path(0);
    if (!owner.path("apiVersion").asText("").equals("v1")
        || !owner.path("kind").asText("").equals("Node")
        || !owner.path("name").asText("").equals(write.node())) {
      throw write.refused(its + "can only create pods with an owner reference set to itself");
    }
    if (!owner.path("controller").asBoolean(false)) {
      throw write.refused(
          its + "can only create pods with a controller owner reference set to itself");
    }
    if (owner.path("blockOwnerDeletion").asBoolean(false)) {
      throw write.refused(its + "must not set blockOwnerDeletion on an owner reference");
    }
    String uid = client.get().get(NODES, "", write.node()).uid();
    if (!owner.path("uid").asText("").equals(uid)) {
      throw write.refused(
          "node "
              + write.node()
              + " UID mismatch: expected "
              + owner.path("uid").asText("")
              + " got "
              + uid);
    }
    if (!spec.path("serviceAccountName").asText("").isEmpty()) {
      throw write.refused(its + "can not create pods that reference a service account");
    }
    if (!PodReferences.secrets(pod).isEmpty()) {
      throw write.refused(its + "can not create pods that reference secrets");
    }
    if (!PodReferences.configMaps(pod).isEmpty()) {
      throw write.refused(its + "can not create pods that reference configmaps");
    }
    for (JsonNode volume : spec.path("volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.path("clusterTrustBundle").isObject()) {
          throw write.refused(its + "can not create pods that reference clustertrustbundles");
        }
      }
      if (volume.path("persistentVolumeClaim").isObject()) {
        throw write.refused(its + "can not create pods that reference persistentvolumeclaims");
      }
    }
    if (!spec.path("resourceClaims").isEmpty()) {
      throw write.refused(its + "can not create pods that reference resourceclaims");
    }
  }

  private static void podStatus(NodeWrite write) {
    if (write.attributes().operation() != Operation.UPDATE) {
      throw write.refused(
          "unexpected operation " + NodeWrite.quoted(write.attributes().operation().name()));
    }
    JsonNode old = write.old();
    JsonNode now = write.object();
    String its = "node " + NodeWrite.quoted(write.node()) + " ";
    if (!old.path("spec").path("nodeName").asText("").equals(write.node())) {
      throw write.refused(
          its + "can only update pod status for pods with spec.nodeName set to itself");
    }
    if (!NodeWrite.same(old.path("metadata").path("labels"), now.path("metadata").path("labels"))) {
      throw write.refused(its + "cannot update labels through pod status");
    }
    JsonNode claims = now.path("status").path("resourceClaimStatuses");
    if (!NodeWrite.same(old.path("status").path("resourceClaimStatuses"), claims)) {
      throw write.refused(its + "cannot update resource claim statues");
    }
    if (!NodeWrite.same(
        old.path("status").path("extendedResourceClaimStatus"),
        now.path("status").path("extendedResourceClaimStatus"))) {
      throw write.refused(its + "cannot update extended resource claim status");
    }
  }
}
