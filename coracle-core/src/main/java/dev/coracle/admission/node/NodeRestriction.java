package dev.coracle.admission.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.client.Client;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a node may write: its own Node (not its taints, nor labels that steer workloads), mirror
 * Pods, status and evictions of Pods bound to it, tokens for those Pods, its own Lease, CSINode,
 * ResourceSlices and certificates (the Kubernetes page "Admission Control", NodeRestriction).
 */
public final class NodeRestriction implements AdmissionPlugin {

  private static final GroupVersionResource PODS = GroupVersionResource.core("pods");
  private static final String LEASES = "kube-node-lease";
  private static final Set<String> NODE_SIGNERS =
      Set.of("kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet");

  private final Supplier<Client> client;
  private final NodePods pods;
  private final NodeAudiences audiences;
  private final Function<JsonNode, String> commonName;

  /**
   * @param client the API as the API server itself
   * @param commonName of the {@code spec.request} of a CertificateSigningRequest; throws
   *     IllegalArgumentException when it can't be read
   */
  public NodeRestriction(
      Supplier<Client> client, NodeAudiences audiences, Function<JsonNode, String> commonName) {
    this.client = client;
    this.pods = new NodePods(client);
    this.audiences = audiences;
    this.commonName = commonName;
  }

  @Override
  public String name() {
    return "NodeRestriction";
  }

  @Override
  public void admit(AdmissionAttributes attributes) {
    String node = attributes.user().node();
    if (node == null || attributes.operation() == Operation.CONNECT) {
      return;
    }
    NodeWrite write = new NodeWrite(attributes, node);
    if (node.isEmpty()) {
      throw write.refused(
          "could not determine node from user " + NodeWrite.quoted(attributes.user().name()));
    }
    switch (attributes.resource().group() + "/" + attributes.resource().resource()) {
      case "/pods" -> pods.check(write);
      case "/nodes" -> NodeItself.check(write);
      case "/persistentvolumeclaims" -> claim(write);
      case "/serviceaccounts" -> token(write);
      case "coordination.k8s.io/leases" -> lease(write);
      case "storage.k8s.io/csinodes" -> {
        if (!write.name().equals(node)) {
          throw write.refused("can only access CSINode with the same name as the requesting node");
        }
      }
      case "resource.k8s.io/resourceslices" -> slice(write);
      case "certificates.k8s.io/certificatesigningrequests" -> certificate(write);
      default -> {
        // What else a node may write, the Node authorizer says.
      }
    }
  }

  private static void claim(NodeWrite write) {
    if (!write.attributes().subresource().equals("status")) {
      throw write.refused("may only update PVC status");
    }
    ObjectNode before = comparable(write.old());
    ObjectNode after = comparable(write.object());
    if (!before.equals(after)) {
      throw write.refused(
          "node "
              + NodeWrite.quoted(write.node())
              + " is not allowed to update fields other than status.quantity and"
              + " status.conditions");
    }
  }

  /** Without what a node may change. */
  private static ObjectNode comparable(JsonNode claim) {
    ObjectNode copy = claim.deepCopy();
    if (copy.get("metadata") instanceof ObjectNode metadata) {
      metadata.remove("resourceVersion");
      metadata.remove("managedFields");
    }
    if (copy.get("status") instanceof ObjectNode status) {
      for (String field :
          new String[] {
            "capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"
          }) {
        status.remove(field);
      }
      if (status.isEmpty()) {
        copy.remove("status");
      }
    }
    return copy;
  }

  private void token(NodeWrite write) {
    if (write.attributes().operation() != Operation.CREATE
        || !write.attributes().subresource().equals("token")) {
      return;
    }
    JsonNode spec = write.object().path("spec");
    JsonNode bound = spec.path("boundObjectRef");
    String name = bound.path("name").asText("");
    if (!bound.path("apiVersion").asText("").equals("v1")
        || !bound.path("kind").asText("").equals("Pod")
        || name.isEmpty()) {
      throw write.refused("node requested token not bound to a pod");
    }
    String uid = bound.path("uid").asText("");
    if (uid.isEmpty()) {
      throw write.refused("node requested token with a pod binding without a uid");
    }
    KubeObject pod = client.get().get(PODS, write.attributes().namespace(), name);
    if (!uid.equals(pod.uid())) {
      throw write.refused(
          "the UID in the bound object reference ("
              + uid
              + ") does not match the UID in record. The object might have been deleted and then"
              + " recreated");
    }
    if (!pod.text("spec", "nodeName").equals(write.node())) {
      throw write.refused("node requested token bound to a pod scheduled on a different node");
    }
    @Nullable String why =
        audiences.refusal(
            write.attributes().user(),
            write.attributes().namespace(),
            write.attributes().name(),
            pod,
            spec.path("audiences"));
    if (why != null) {
      throw write.refused(why);
    }
  }

  private static void lease(NodeWrite write) {
    if (!write.attributes().namespace().equals(LEASES)) {
      throw write.refused("can only access leases in the \"" + LEASES + "\" system namespace");
    }
    if (!write.name().equals(write.node())) {
      throw write.refused("can only access node lease with the same name as the requesting node");
    }
  }

  private static void slice(NodeWrite write) {
    switch (write.attributes().operation()) {
      case CREATE -> {
        if (!write.object().path("spec").path("nodeName").asText("").equals(write.node())) {
          throw write.refused(
              "can only create ResourceSlice with the same NodeName as the requesting node");
        }
      }
      case DELETE -> {
        if (!write.old().path("spec").path("nodeName").asText("").equals(write.node())) {
          throw write.refused(
              "can only delete ResourceSlice with the same NodeName as the requesting node");
        }
      }
      default -> {
        // The Node authorizer has looked at the stored object, whose nodeName can't change.
      }
    }
  }

  private void certificate(NodeWrite write) {
    if (write.attributes().operation() != Operation.CREATE
        || !write.attributes().subresource().isEmpty()) {
      return;
    }
    JsonNode spec = write.object().path("spec");
    if (!NODE_SIGNERS.contains(spec.path("signerName").asText(""))) {
      return;
    }
    String subject;
    try {
      subject = commonName.apply(spec.path("request"));
    } catch (IllegalArgumentException e) {
      throw write.refused("unable to parse csr: " + e.getMessage());
    }
    if (!subject.equals("system:node:" + write.node())) {
      throw write.refused("can only create a node CSR with CN=system:node:" + write.node());
    }
  }
}
