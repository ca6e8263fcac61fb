package dev.coracle.node.registration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.Client;
import java.time.Instant;

/** The Lease in {@code kube-node-lease} by which a node says that it is alive. */
public final class NodeLease {

  private static final GroupVersionResource LEASES =
      GroupVersionResource.of("coordination.k8s.io", "v1", "leases");
  private static final String NAMESPACE = "kube-node-lease";
  private static final int SECONDS = 40;

  private NodeLease() {}

  /**
   * Renews it, or makes it as the node's own.
   *
   * @param uid of the Node object
   */
  public static void renew(Client client, String node, String uid, Instant now) {
    ObjectNode spec = Json.object();
    spec.put("holderIdentity", node)
        .put("leaseDurationSeconds", SECONDS)
        .put("renewTime", Timestamps.micros(now));
    ObjectNode patch = Json.object();
    patch.set("spec", spec);
    WriteOptions asKubelet = WriteOptions.manager("kubelet");
    try {
      KubeObject unused =
          client.patch(LEASES, NAMESPACE, node, "", PatchType.MERGE, patch, asKubelet);
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
      KubeObject unused = client.create(LEASES, NAMESPACE, lease(node, uid, spec));
    }
  }

  private static ObjectNode lease(String node, String uid, ObjectNode spec) {
    ObjectNode lease =
        Json.object().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    ObjectNode metadata = lease.putObject("metadata").put("name", node);
    metadata.put("namespace", NAMESPACE);
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", "Node")
        .put("name", node)
        .put("uid", uid);
    lease.set("spec", spec);
    return lease;
  }
}
