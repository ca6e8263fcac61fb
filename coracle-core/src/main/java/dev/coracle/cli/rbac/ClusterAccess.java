package dev.coracle.cli.rbac;

import dev.coracle.client.HttpsTransport;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.client.config.KubeconfigReader;
import java.io.IOException;
import picocli.CommandLine.Option;

/** {@code --kubeconfig} and {@code --context}: the cluster that a command asks, as whom. */
final class ClusterAccess {

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The kubeconfig to use (default: KUBECONFIG or ~/.kube/config).",
      defaultValue = "")
  private String kubeconfig = "";

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "The context to use.",
      defaultValue = "")
  private String context = "";

  /**
   * @throws IOException in a sentence, when there is none or it is of no use
   */
  ConnectionConfig config() throws IOException {
    ConnectionConfig config = KubeconfigReader.read(kubeconfig, context, System.getenv());
    if (config == null) {
      throw new IOException(
          "no kubeconfig with a current context; start a cluster with 'coracle up' or name one with"
              + " --kubeconfig");
    }
    return config;
  }

  HttpsTransport transport(ConnectionConfig config) throws IOException {
    return new HttpsTransport(config, "coracle");
  }
}
