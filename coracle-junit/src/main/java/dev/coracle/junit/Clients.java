package dev.coracle.junit;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/** Client libraries that a test may have on its class path; Coracle brings none. */
enum Clients {
  /** {@code io.fabric8:kubernetes-client}. */
  FABRIC8("io.fabric8.kubernetes.client.KubernetesClient") {
    @Override
    Opened open(CoracleCluster cluster) {
      return Fabric8.open(cluster);
    }
  },
  /** {@code io.kubernetes:client-java}. */
  OFFICIAL("io.kubernetes.client.openapi.ApiClient") {
    @Override
    Opened open(CoracleCluster cluster) {
      return Official.open(cluster);
    }
  };

  private final String type;

  Clients(String type) {
    this.type = type;
  }

  /** The library that has this type of client; null for none. */
  static @Nullable Clients of(Class<?> type) {
    for (Clients each : values()) {
      if (each.type.equals(type.getName())) {
        return each;
      }
    }
    return null;
  }

  /** A client for the cluster, and in the namespace where the library knows one. */
  abstract Opened open(CoracleCluster cluster);

  /** A client that is closed with the test that it is for. */
  record Opened(Object client, Consumer<Object> end)
      implements Store.CloseableResource, AutoCloseable {
    @Override
    public void close() {
      end.accept(client);
    }
  }

  /** Loaded where fabric8's client is. */
  private static final class Fabric8 {
    static Opened open(CoracleCluster cluster) {
      Config config = Config.fromKubeconfig(cluster.kubeconfigText());
      config.setNamespace(cluster.namespace());
      return new Opened(
          new KubernetesClientBuilder().withConfig(config).build(),
          client -> ((KubernetesClient) client).close());
    }
  }

  /** Loaded where the official client is. */
  private static final class Official {
    static Opened open(CoracleCluster cluster) {
      try {
        return new Opened(
            ClientBuilder.kubeconfig(
                    KubeConfig.loadKubeConfig(new StringReader(cluster.kubeconfigText())))
                .build(),
            client -> {
              var http = ((ApiClient) client).getHttpClient();
              http.dispatcher().executorService().shutdown();
              http.connectionPool().evictAll();
            });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
