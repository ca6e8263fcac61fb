package dev.coracle.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.PodReferences;
import java.util.Set;
import java.util.TreeSet;
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
  private static final GroupVersionResource NODES = GroupVersionResource.core("nodes");
  private static final String MIRROR = "kubernetes.io/config.mirror";
  private static final String LEASES = "kube-node-lease";
  private static final String RESTRICTED = "node-restriction.kubernetes.io";
  private static final Set<String> NODE_SIGNERS =
      Set.of("kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet");

  private final Supplier<Client> client;
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
    this.audiences = audiences;
    this.commonName = commonName;
  }

  @Override
  public String name() {
    return "NodeRestriction";
  }

  @Override
  public void admit(AdmissionAttributes write) {
    String node = write.user().node();
    if (node == null || write.operation() == Operation.CONNECT) {
      return;
    }
    if (node.isEmpty()) {
      throw refused(write, "could not determine node from user " + quoted(write.user().name()));
    }
    switch (write.resource().group() + "/" + write.resource().resource()) {
      case "/pods" -> pod(write, node);
      case "/nodes" -> node(write, node);
      case "/persistentvolumeclaims" -> claim(write, node);
      case "/serviceaccounts" -> token(write, node);
      case "coordination.k8s.io/leases" -> lease(write, node);
      case "storage.k8s.io/csinodes" -> {
        if (!nameOf(write).equals(node)) {
          throw refused(write, "can only access CSINode with the same name as the requesting node");
        }
      }
      case "resource.k8s.io/resourceslices" -> slice(write, node);
      case "certificates.k8s.io/certificatesigningrequests" -> certificate(write, node);
      default -> {
        // What else a node may write, the Node authorizer says.
      }
    }
  }

  private static StatusException refused(AdmissionAttributes write, String why) {
    return StatusException.forbidden(
        write.resource().group(), write.resource().resource(), write.name(), why);
  }

  private static String nameOf(AdmissionAttributes write) {
    ObjectNode object = write.object();
    return write.operation() == Operation.CREATE && object != null
        ? object.path("metadata").path("name").asText("")
        : write.name();
  }

  private void pod(AdmissionAttributes write, String node) {
    switch (write.subresource()) {
      case "" -> {
        switch (write.operation()) {
          case CREATE -> mirrorPod(write, node);
          case DELETE -> {
            if (!bound(write, write.name()).equals(node)) {
              throw refused(
                  write,
                  "node "
                      + quoted(node)
                      + " can only delete pods with spec.nodeName set to itself");
            }
          }
          default ->
              throw refused(
                  write,
                  "unexpected operation "
                      + quoted(write.operation().name())
                      + ", node "
                      + quoted(node)
                      + " can only create and delete mirror pods");
        }
      }
      case "status" -> podStatus(write, node);
      case "eviction" -> {
        ObjectNode eviction = write.object();
        String pod =
            write.name().isEmpty() && eviction != null
                ? eviction.path("metadata").path("name").asText("")
                : write.name();
        if (!bound(write, pod).equals(node)) {
          throw refused(
              write, "node " + node + " can only evict pods with spec.nodeName set to itself");
        }
      }
      default ->
          throw refused(
              write,
              "unexpected pod subresource "
                  + quoted(write.subresource())
                  + ", only 'status' and 'eviction' are allowed");
    }
  }

  /** The node that a stored Pod is bound to. */
  private String bound(AdmissionAttributes write, String pod) {
    return client.get().get(PODS, write.namespace(), pod).text("spec", "nodeName");
  }

  private void mirrorPod(AdmissionAttributes write, String node) {
    JsonNode pod = required(write);
    JsonNode metadata = pod.path("metadata");
    JsonNode spec = pod.path("spec");
    String its = "node " + quoted(node) + " ";
    if (!metadata.path("annotations").has(MIRROR)) {
      throw refused(
          write,
          "pod does not have "
              + quoted(MIRROR)
              + " annotation, "
              + its
              + "can only create mirror pods");
    }
    if (!spec.path("nodeName").asText("").equals(node)) {
      throw refused(write, its + "can only create pods with spec.nodeName set to itself");
    }
    JsonNode owners = metadata.path("ownerReferences");
    if (owners.size() > 1) {
      throw refused(
          write, its + "can only create pods with a single owner reference set to itself");
    }
    JsonNode owner = owners.path(0);
    if (!owner.path("apiVersion").asText("").equals("v1")
        || !owner.path("kind").asText("").equals("Node")
        || !owner.path("name").asText("").equals(node)) {
      throw refused(write, its + "can only create pods with an owner reference set to itself");
    }
    if (!owner.path("controller").asBoolean(false)) {
      throw refused(
          write, its + "can only create pods with a controller owner reference set to itself");
    }
    if (owner.path("blockOwnerDeletion").asBoolean(false)) {
      throw refused(write, its + "must not set blockOwnerDeletion on an owner reference");
    }
    String uid = client.get().get(NODES, "", node).uid();
    if (!owner.path("uid").asText("").equals(uid)) {
      throw refused(
          write,
          "node "
              + node
              + " UID mismatch: expected "
              + owner.path("uid").asText("")
              + " got "
              + uid);
    }
    if (!spec.path("serviceAccountName").asText("").isEmpty()) {
      throw refused(write, its + "can not create pods that reference a service account");
    }
    if (!PodReferences.secrets(pod).isEmpty()) {
      throw refused(write, its + "can not create pods that reference secrets");
    }
    if (!PodReferences.configMaps(pod).isEmpty()) {
      throw refused(write, its + "can not create pods that reference configmaps");
    }
    for (JsonNode volume : spec.path("volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.path("clusterTrustBundle").isObject()) {
          throw refused(write, its + "can not create pods that reference clustertrustbundles");
        }
      }
      if (volume.path("persistentVolumeClaim").isObject()) {
        throw refused(write, its + "can not create pods that reference persistentvolumeclaims");
      }
    }
    if (!spec.path("resourceClaims").isEmpty()) {
      throw refused(write, its + "can not create pods that reference resourceclaims");
    }
  }

  private static void podStatus(AdmissionAttributes write, String node) {
    if (write.operation() != Operation.UPDATE) {
      throw refused(write, "unexpected operation " + quoted(write.operation().name()));
    }
    JsonNode old = old(write);
    JsonNode now = required(write);
    String its = "node " + quoted(node) + " ";
    if (!old.path("spec").path("nodeName").asText("").equals(node)) {
      throw refused(
          write, its + "can only update pod status for pods with spec.nodeName set to itself");
    }
    if (!same(old.path("metadata").path("labels"), now.path("metadata").path("labels"))) {
      throw refused(write, its + "cannot update labels through pod status");
    }
    JsonNode claims = now.path("status").path("resourceClaimStatuses");
    if (!same(old.path("status").path("resourceClaimStatuses"), claims)) {
      throw refused(write, its + "cannot update resource claim statues");
    }
    if (!same(
        old.path("status").path("extendedResourceClaimStatus"),
        now.path("status").path("extendedResourceClaimStatus"))) {
      throw refused(write, its + "cannot update extended resource claim status");
    }
  }

  private static void node(AdmissionAttributes write, String node) {
    String requested = nameOf(write);
    if (!requested.equals(node)) {
      throw refused(
          write, "node " + quoted(node) + " is not allowed to modify node " + quoted(requested));
    }
    if (write.operation() == Operation.CREATE) {
      JsonNode created = required(write);
      if (created.path("spec").path("configSource").isObject()) {
        throw refused(
            write,
            "node " + quoted(node) + " is not allowed to create pods with a non-nil configSource");
      }
      Set<String> forbidden =
          forbiddenLabels(created.path("metadata").path("labels"), Json.object());
      if (!forbidden.isEmpty()) {
        throw refused(
            write,
            "node "
                + quoted(node)
                + " is not allowed to set the following labels: "
                + String.join(", ", forbidden));
      }
    }
    if (write.operation() == Operation.UPDATE) {
      JsonNode old = old(write);
      JsonNode now = required(write);
      JsonNode source = now.path("spec").path("configSource");
      if (source.isObject() && !source.equals(old.path("spec").path("configSource"))) {
        throw refused(
            write,
            "node "
                + quoted(node)
                + " is not allowed to update configSource to a new non-nil configSource");
      }
      if (!same(old.path("spec").path("taints"), now.path("spec").path("taints"))) {
        throw refused(write, "node " + quoted(node) + " is not allowed to modify taints");
      }
      Set<String> forbidden =
          forbiddenLabels(now.path("metadata").path("labels"), old.path("metadata").path("labels"));
      if (!forbidden.isEmpty()) {
        throw refused(write, "is not allowed to modify labels: " + String.join(", ", forbidden));
      }
    }
  }

  /** The changed labels that a kubelet may not touch, sorted. */
  private static Set<String> forbiddenLabels(JsonNode now, JsonNode old) {
    Set<String> changed = new TreeSet<>();
    now.properties()
        .forEach(
            label -> {
              if (!label.getValue().equals(old.get(label.getKey()))) {
                changed.add(label.getKey());
              }
            });
    old.properties()
        .forEach(
            label -> {
              if (!now.has(label.getKey())) {
                changed.add(label.getKey());
              }
            });
    changed.removeIf(label -> !isForbidden(label));
    return changed;
  }

  private static boolean isForbidden(String label) {
    int slash = label.indexOf('/');
    String namespace = slash < 0 ? "" : label.substring(0, slash);
    if (namespace.equals(RESTRICTED) || namespace.endsWith("." + RESTRICTED)) {
      return true;
    }
    boolean kubernetes =
        namespace.equals("kubernetes.io")
            || namespace.endsWith(".kubernetes.io")
            || namespace.equals("k8s.io")
            || namespace.endsWith(".k8s.io");
    return kubernetes && !isKubeletLabel(label, namespace);
  }

  private static boolean isKubeletLabel(String label, String namespace) {
    return switch (label) {
      case "kubernetes.io/hostname",
          "kubernetes.io/os",
          "kubernetes.io/arch",
          "beta.kubernetes.io/os",
          "beta.kubernetes.io/arch",
          "beta.kubernetes.io/instance-type",
          "node.kubernetes.io/instance-type",
          "failure-domain.beta.kubernetes.io/region",
          "failure-domain.beta.kubernetes.io/zone",
          "failure-domain.kubernetes.io/region",
          "failure-domain.kubernetes.io/zone",
          "topology.kubernetes.io/region",
          "topology.kubernetes.io/zone" ->
          true;
      default ->
          namespace.equals("kubelet.kubernetes.io")
              || namespace.endsWith(".kubelet.kubernetes.io")
              || namespace.equals("node.kubernetes.io")
              || namespace.endsWith(".node.kubernetes.io");
    };
  }

  private static void claim(AdmissionAttributes write, String node) {
    if (!write.subresource().equals("status")) {
      throw refused(write, "may only update PVC status");
    }
    ObjectNode before = comparable(old(write));
    ObjectNode after = comparable(required(write));
    if (!before.equals(after)) {
      throw refused(
          write,
          "node "
              + quoted(node)
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

  private void token(AdmissionAttributes write, String node) {
    if (write.operation() != Operation.CREATE || !write.subresource().equals("token")) {
      return;
    }
    JsonNode spec = required(write).path("spec");
    JsonNode bound = spec.path("boundObjectRef");
    String name = bound.path("name").asText("");
    if (!bound.path("apiVersion").asText("").equals("v1")
        || !bound.path("kind").asText("").equals("Pod")
        || name.isEmpty()) {
      throw refused(write, "node requested token not bound to a pod");
    }
    String uid = bound.path("uid").asText("");
    if (uid.isEmpty()) {
      throw refused(write, "node requested token with a pod binding without a uid");
    }
    KubeObject pod = client.get().get(PODS, write.namespace(), name);
    if (!uid.equals(pod.uid())) {
      throw refused(
          write,
          "the UID in the bound object reference ("
              + uid
              + ") does not match the UID in record. The object might have been deleted and then"
              + " recreated");
    }
    if (!pod.text("spec", "nodeName").equals(node)) {
      throw refused(write, "node requested token bound to a pod scheduled on a different node");
    }
    @Nullable String why =
        audiences.refusal(
            write.user(), write.namespace(), write.name(), pod, spec.path("audiences"));
    if (why != null) {
      throw refused(write, why);
    }
  }

  private static void lease(AdmissionAttributes write, String node) {
    if (!write.namespace().equals(LEASES)) {
      throw refused(write, "can only access leases in the \"" + LEASES + "\" system namespace");
    }
    if (!nameOf(write).equals(node)) {
      throw refused(write, "can only access node lease with the same name as the requesting node");
    }
  }

  private static void slice(AdmissionAttributes write, String node) {
    switch (write.operation()) {
      case CREATE -> {
        if (!required(write).path("spec").path("nodeName").asText("").equals(node)) {
          throw refused(
              write, "can only create ResourceSlice with the same NodeName as the requesting node");
        }
      }
      case DELETE -> {
        if (!old(write).path("spec").path("nodeName").asText("").equals(node)) {
          throw refused(
              write, "can only delete ResourceSlice with the same NodeName as the requesting node");
        }
      }
      default -> {
        // The Node authorizer has looked at the stored object, whose nodeName can't change.
      }
    }
  }

  private void certificate(AdmissionAttributes write, String node) {
    if (write.operation() != Operation.CREATE || !write.subresource().isEmpty()) {
      return;
    }
    JsonNode spec = required(write).path("spec");
    if (!NODE_SIGNERS.contains(spec.path("signerName").asText(""))) {
      return;
    }
    String subject;
    try {
      subject = commonName.apply(spec.path("request"));
    } catch (IllegalArgumentException e) {
      throw refused(write, "unable to parse csr: " + e.getMessage());
    }
    if (!subject.equals("system:node:" + node)) {
      throw refused(write, "can only create a node CSR with CN=system:node:" + node);
    }
  }

  private static ObjectNode required(AdmissionAttributes write) {
    ObjectNode object = write.object();
    if (object == null) {
      throw refused(write, "unexpected type <nil>");
    }
    return object;
  }

  private static JsonNode old(AdmissionAttributes write) {
    KubeObject object = write.oldObject();
    if (object == null) {
      throw refused(write, "unexpected type <nil>");
    }
    return object.tree();
  }

  /** Semantic equality: absent and empty are the same. */
  private static boolean same(JsonNode one, JsonNode other) {
    return one.equals(other) || (one.isEmpty() && other.isEmpty());
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }
}
