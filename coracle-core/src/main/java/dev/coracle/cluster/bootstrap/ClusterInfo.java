package dev.coracle.cluster.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * {@code kube-public/cluster-info}: where the API server is and whom to trust, for anybody to read,
 * as kubeadm publishes it. The bootstrap signer adds what proves it to who knows a bootstrap token.
 */
public final class ClusterInfo {

  private static final String NAMESPACE = "kube-public";
  private static final String NAME = "cluster-info";
  private static final String ROLE = "kubeadm:bootstrap-signer-clusterinfo";
  private static final String RBAC = "rbac.authorization.k8s.io";

  private final Client client;

  private ClusterInfo(Client client) {
    this.client = client;
  }

  /**
   * Makes what is missing, and corrects the address; returns at once.
   *
   * @param server the API server's URL
   * @param authority PEM
   */
  public static void publish(Client client, String server, String authority) {
    Thread unused =
        Thread.ofVirtual()
            .name("cluster-info")
            .start(() -> new ClusterInfo(client).publish(server, authority));
  }

  private void publish(String server, String authority) {
    try {
      info(kubeconfig(server, authority));
      ObjectNode role = object(RBAC + "/v1", "Role", ROLE);
      ObjectNode rule = role.putArray("rules").addObject();
      rule.putArray("verbs").add("get");
      rule.putArray("apiGroups").add("");
      rule.putArray("resources").add("configmaps");
      rule.putArray("resourceNames").add(NAME);
      create(GroupVersionResource.of(RBAC, "v1", "roles"), role);
      ObjectNode binding = object(RBAC + "/v1", "RoleBinding", ROLE);
      binding.putObject("roleRef").put("apiGroup", RBAC).put("kind", "Role").put("name", ROLE);
      binding
          .putArray("subjects")
          .addObject()
          .put("apiGroup", RBAC)
          .put("kind", "User")
          .put("name", "system:anonymous");
      create(GroupVersionResource.of(RBAC, "v1", "rolebindings"), binding);
    } catch (RuntimeException e) {
      // the cluster may be closing already
      org.slf4j.LoggerFactory.getLogger(ClusterInfo.class)
          .debug("{}/{} was not published: {}", NAMESPACE, NAME, e.getMessage());
    }
  }

  static String kubeconfig(String server, String authority) {
    return """
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: %s
            server: %s
          name: ""
        contexts: null
        current-context: ""
        kind: Config
        preferences: {}
        users: null
        """
        .formatted(
            Base64.getEncoder().encodeToString(authority.getBytes(StandardCharsets.US_ASCII)),
            server);
  }

  private void info(String kubeconfig) {
    GroupVersionResource maps = GroupVersionResource.core("configmaps");
    KubeObject there = client.find(maps, NAMESPACE, NAME);
    if (there == null) {
      ObjectNode map = object("v1", "ConfigMap", NAME);
      map.putObject("data").put("kubeconfig", kubeconfig);
      create(maps, map);
    } else if (!there.text("data", "kubeconfig").equals(kubeconfig)) {
      ObjectNode tree = there.mutableTree();
      tree.withObject("/data").put("kubeconfig", kubeconfig);
      KubeObject unused = client.update(maps, NAMESPACE, NAME, tree);
    }
  }

  private static ObjectNode object(String apiVersion, String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", apiVersion).put("kind", kind);
    object.putObject("metadata").put("name", name).put("namespace", NAMESPACE);
    return object;
  }

  private void create(GroupVersionResource resource, ObjectNode object) {
    try {
      KubeObject unused = client.create(resource, NAMESPACE, object);
    } catch (StatusException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
  }
}
