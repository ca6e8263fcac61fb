package dev.coracle.junit;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The cluster as one test, or one class, sees it: with a namespace that nobody else uses. */
public final class CoracleCluster {

  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");

  private final RunningCluster cluster;
  private final String namespace;

  private CoracleCluster(RunningCluster cluster, String namespace) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** Makes the namespace. */
  static CoracleCluster withNamespace(RunningCluster cluster, String name) {
    var namespace = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
    namespace.putObject("metadata").put("name", name);
    KubeObject made = cluster.client().create(NAMESPACES, "", namespace);
    return new CoracleCluster(cluster, made.name());
  }

  /** The API server's URL. */
  public String server() {
    return cluster.server();
  }

  /** The administrator's kubeconfig, for programs. */
  public Path kubeconfig() {
    return cluster.kubeconfig();
  }

  /** The same file's content, for client libraries. */
  public String kubeconfigText() {
    try {
      return Files.readString(cluster.kubeconfig());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The namespace of the test, or of the class where that asks. */
  public String namespace() {
    return namespace;
  }

  /** Begins to delete the namespace with all that is in it; nobody waits for the end. */
  void leave() {
    Client client = cluster.client();
    try {
      KubeObject unused = client.delete(NAMESPACES, "", namespace, DeleteOptions.DEFAULT);
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }
}
