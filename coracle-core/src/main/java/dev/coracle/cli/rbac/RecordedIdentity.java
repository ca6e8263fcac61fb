package dev.coracle.cli.rbac;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.Material;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Whom a recorded command is to the server: a ServiceAccount by a token of its own, anybody else by
 * impersonation, or a ServiceAccount that lives as long as this and may do everything.
 */
final class RecordedIdentity implements AutoCloseable {

  private static final GroupVersionResource ACCOUNTS = GroupVersionResource.core("serviceaccounts");
  private static final GroupVersionResource BINDINGS =
      GroupVersionResource.of("rbac.authorization.k8s.io", "v1", "clusterrolebindings");
  private static final int TRIES = 200;

  private final Client client;
  private final ConnectionConfig config;
  private final Identity identity;
  private final boolean temporary;
  private final AtomicBoolean closed = new AtomicBoolean();

  private RecordedIdentity(
      Client client, ConnectionConfig config, Identity identity, boolean temporary) {
    this.client = client;
    this.config = config;
    this.identity = identity;
    this.temporary = temporary;
  }

  static RecordedIdentity of(Client client, ConnectionConfig config, Identity identity) {
    return new RecordedIdentity(client, config, identity, false);
  }

  /** A new one that may do everything, and is gone when this is closed. */
  static RecordedIdentity temporary(Client client, ConnectionConfig config)
      throws InterruptedException {
    String name = "coracle-record-" + Long.toHexString(System.nanoTime());
    Identity identity =
        Identity.of("system:serviceaccount:" + config.namespace() + ":" + name, List.of());
    RecordedIdentity temporary = new RecordedIdentity(client, config, identity, true);
    try {
      temporary.create(name);
      return temporary;
    } catch (StatusException e) {
      temporary.close();
      throw e;
    }
  }

  private static ObjectNode object(String apiVersion, String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", apiVersion).put("kind", kind);
    object.putObject("metadata").put("name", name);
    return object;
  }

  private void create(String name) throws InterruptedException {
    KubeObject unused =
        client.create(ACCOUNTS, config.namespace(), object("v1", "ServiceAccount", name));
    ObjectNode binding = object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name);
    binding
        .putObject("roleRef")
        .put("apiGroup", "rbac.authorization.k8s.io")
        .put("kind", "ClusterRole")
        .put("name", "cluster-admin");
    binding.putArray("subjects").add(identity.subject());
    unused = client.create(BINDINGS, "", binding);
    for (int i = 0; i < TRIES && !mayDoEverything(); i++) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean mayDoEverything() {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec").put("user", identity.user().name());
    spec.putObject("resourceAttributes").put("verb", "*").put("group", "*").put("resource", "*");
    return client
        .create(
            GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews"),
            "",
            review)
        .at("status", "allowed")
        .asBoolean();
  }

  Identity identity() {
    return identity;
  }

  /** A kubeconfig that makes its reader this identity, as JSON (which is YAML). */
  ObjectNode kubeconfig() throws IOException {
    ObjectNode kubeconfig = Json.object().put("apiVersion", "v1").put("kind", "Config");
    ObjectNode cluster =
        kubeconfig
            .putArray("clusters")
            .addObject()
            .put("name", "recorded")
            .putObject("cluster")
            .put("server", config.server().toString());
    data(cluster, "certificate-authority-data", config.authorities());
    if (config.insecure()) {
      cluster.put("insecure-skip-tls-verify", true);
    }
    if (!config.serverName().isEmpty()) {
      cluster.put("tls-server-name", config.serverName());
    }
    kubeconfig
        .putArray("contexts")
        .addObject()
        .put("name", "recorded")
        .putObject("context")
        .put("cluster", "recorded")
        .put("user", "recorded")
        .put("namespace", config.namespace());
    kubeconfig.put("current-context", "recorded");
    credentials(kubeconfig.putArray("users").addObject().put("name", "recorded").putObject("user"));
    return kubeconfig;
  }

  private void credentials(ObjectNode user) throws IOException {
    if (identity.isServiceAccount()) {
      user.put("token", token());
      return;
    }
    data(user, "client-certificate-data", config.certificate());
    data(user, "client-key-data", config.key());
    if (config.token().isPresent()) {
      user.put("token", new String(config.token().read(), StandardCharsets.UTF_8).strip());
    }
    if (!config.basic().isEmpty()) {
      String[] pair = config.basic().split(":", 2);
      user.put("username", pair[0]).put("password", pair[1]);
    }
    user.put("as", identity.user().name());
    identity.user().groups().forEach(user.putArray("as-groups")::add);
  }

  private String token() {
    String[] account = identity.account();
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    request.putObject("spec");
    return client
        .createSubresource(ACCOUNTS, account[0], account[1], "token", request)
        .text("status", "token");
  }

  private static void data(ObjectNode object, String field, Material material) throws IOException {
    if (material.isPresent()) {
      object.put(field, Base64.getEncoder().encodeToString(material.read()));
    }
  }

  @Override
  public void close() {
    if (!temporary || closed.getAndSet(true)) {
      return;
    }
    String[] account = identity.account();
    delete(BINDINGS, "", account[1]);
    delete(ACCOUNTS, account[0], account[1]);
  }

  private void delete(GroupVersionResource resource, String namespace, String name) {
    try {
      KubeObject unused = client.delete(resource, namespace, name, DeleteOptions.DEFAULT);
    } catch (StatusException e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }
}
