package dev.coracle.cluster.options;

import dev.coracle.apiserver.audit.AuditConfig;
import dev.coracle.apiserver.filter.RequestLimits;
import dev.coracle.registry.RegistryConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the API server records, encrypts, how it serves TLS, and whom it lets do what:
 * kube-apiserver's options of the same names.
 *
 * @param audit {@code --audit-*}
 * @param encryption {@code --encryption-provider-config}; null stores as it is
 * @param serving {@code --tls-*}
 * @param authentication who may be a user
 * @param authorization what users may do
 * @param limits {@code --max-*-inflight} and {@code --request-timeout}
 * @param admission which plugins decide over writes
 * @param eventTtl {@code --event-ttl}
 */
public record ApiServerOptions(
    AuditConfig audit,
    @Nullable Encryption encryption,
    Serving serving,
    AuthenticationOptions authentication,
    AuthorizationOptions authorization,
    RequestLimits limits,
    AdmissionOptions admission,
    Duration eventTtl) {

  public static final ApiServerOptions DEFAULTS =
      new ApiServerOptions(
          AuditConfig.OFF,
          null,
          Serving.DEFAULTS,
          AuthenticationOptions.USUAL,
          AuthorizationOptions.USUAL,
          RequestLimits.USUAL,
          AdmissionOptions.USUAL,
          RegistryConfig.EVENT_TTL);

  /**
   * Encryption at rest.
   *
   * @param config an EncryptionConfiguration
   * @param automaticReload whether changes of the file are taken up
   */
  public record Encryption(Path config, boolean automaticReload) {}

  /**
   * The HTTPS door.
   *
   * @param certificate {@code --tls-cert-file}; null for the cluster's own
   * @param key {@code --tls-private-key-file}
   * @param minVersion {@code VersionTLS12} or {@code VersionTLS13}; empty for the default
   * @param cipherSuites IANA names; empty for the default
   * @param rootCa {@code --root-ca-file}: what Pods trust the API server by, read again when it
   *     changes; null for the cluster's own authority and the last of the certificate's chain
   */
  public record Serving(
      @Nullable Path certificate,
      @Nullable Path key,
      String minVersion,
      List<String> cipherSuites,
      @Nullable Path rootCa) {

    public static final Serving DEFAULTS = new Serving(null, null, "", List.of());

    /** With what Pods trust by default. */
    public Serving(
        @Nullable Path certificate,
        @Nullable Path key,
        String minVersion,
        List<String> cipherSuites) {
      this(certificate, key, minVersion, cipherSuites, null);
    }

    public Serving {
      cipherSuites = List.copyOf(cipherSuites);
    }
  }

  public ApiServerOptions withAudit(AuditConfig config) {
    return new ApiServerOptions(
        config, encryption, serving, authentication, authorization, limits, admission, eventTtl);
  }

  public ApiServerOptions withEncryption(@Nullable Encryption config) {
    return new ApiServerOptions(
        audit, config, serving, authentication, authorization, limits, admission, eventTtl);
  }

  public ApiServerOptions withServing(Serving config) {
    return new ApiServerOptions(
        audit, encryption, config, authentication, authorization, limits, admission, eventTtl);
  }

  public ApiServerOptions withAuth(AuthenticationOptions who, AuthorizationOptions what) {
    return new ApiServerOptions(audit, encryption, serving, who, what, limits, admission, eventTtl);
  }

  public ApiServerOptions withLimits(RequestLimits most) {
    return new ApiServerOptions(
        audit, encryption, serving, authentication, authorization, most, admission, eventTtl);
  }

  /**
   * @throws IllegalArgumentException when Events would not be kept at all
   */
  public ApiServerOptions withEventTtl(Duration kept) {
    if (!kept.isPositive()) {
      throw new IllegalArgumentException("--event-ttl must be greater than 0");
    }
    return new ApiServerOptions(
        audit, encryption, serving, authentication, authorization, limits, admission, kept);
  }

  public ApiServerOptions withAdmission(AdmissionOptions plugins) {
    return new ApiServerOptions(
        audit, encryption, serving, authentication, authorization, limits, plugins, eventTtl);
  }
}
