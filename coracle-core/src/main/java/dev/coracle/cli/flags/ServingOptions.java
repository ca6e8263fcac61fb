package dev.coracle.cli.flags;

import dev.coracle.cluster.options.ApiServerOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** kube-apiserver's {@code --tls-*} options, and kube-controller-manager's for their trust. */
public final class ServingOptions {

  @Option(
      names = "--tls-cert-file",
      paramLabel = "FILE",
      description = "The serving certificate with its issuers (default: of the cluster's own CA).")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-private-key-file",
      paramLabel = "FILE",
      description = "The key of --tls-cert-file.")
  private @Nullable Path key;

  @Option(
      names = "--tls-min-version",
      paramLabel = "VersionTLS12|VersionTLS13",
      description = "The oldest version of TLS that is spoken (default: VersionTLS12).")
  private String minVersion = "";

  @Option(
      names = "--tls-cipher-suites",
      paramLabel = "SUITE",
      split = ",",
      description = "Cipher suites of TLS 1.2 (default: those with forward secrecy and AEAD).")
  private List<String> cipherSuites = List.of();

  @Option(
      names = "--root-ca-file",
      paramLabel = "FILE",
      description =
          "What Pods trust the API server by, read again when it changes (default: the cluster's own"
              + " CA and the issuer of --tls-cert-file).")
  private @Nullable Path rootCa;

  public ApiServerOptions.Serving config() {
    return new ApiServerOptions.Serving(certificate, key, minVersion, cipherSuites, rootCa);
  }
}
