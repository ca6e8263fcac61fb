package dev.coracle.apiserver;

import dev.coracle.api.ControllableClock;
import dev.coracle.apiserver.audit.Auditor;
import dev.coracle.apiserver.filter.RequestLimits;
import dev.coracle.apiserver.paths.OpenIdDocuments;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.Authorizer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.Registry;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an API server is made of.
 *
 * @param registry what serves resources
 * @param authenticator for requests over HTTP
 * @param anonymousAllowed for which paths requests without credentials go on as {@code
 *     system:anonymous}; elsewhere they get 401
 * @param authorizer for all requests
 * @param audit records requests; null when none is recorded
 * @param http where and how to listen; null for no HTTP door at all
 * @param advertisedAddress where clients reach the server, {@code host:port}
 * @param limits how many requests are served at a time, and for how long
 * @param swaggerUi whether {@code /swagger-ui/} is served
 * @param kubelet who this server is to kubelets and which of them it trusts, asked for when one is
 *     to be reached; null when it cannot speak to kubelets, so that logs and streams are refused
 * @param openId null when there are none to show
 * @param metrics what {@code /metrics} shows, besides what the server itself counts
 * @param loopbackTargets whether Pods are reached on this machine's loopback addresses, because
 *     they have no network of their own
 * @param turnable the cluster's clock, when those who may are to turn it; null when nobody may
 */
public record ApiServerConfig(
    Registry registry,
    Authenticator authenticator,
    Predicate<String> anonymousAllowed,
    Authorizer authorizer,
    @Nullable Auditor audit,
    @Nullable HttpServerOptions http,
    String advertisedAddress,
    RequestLimits limits,
    boolean swaggerUi,
    @Nullable Supplier<ClientTls> kubelet,
    @Nullable OpenIdDocuments openId,
    Metrics metrics,
    @Nullable ControllableClock turnable,
    boolean loopbackTargets) {

  /** A server that trusts everybody: no credentials, everything allowed, in memory only. */
  public static ApiServerConfig of(Registry registry) {
    return builder(registry).build();
  }

  /** Begins with a server that trusts everybody, as {@link #of} has it. */
  public static Builder builder(Registry registry) {
    return new Builder(registry);
  }

  /** Sets what differs from a server that trusts everybody. */
  public static final class Builder {

    private final Registry registry;
    private Authenticator authenticator = request -> new Authenticator.Result.Anonymous();
    private Predicate<String> anonymousAllowed = path -> true;
    private Authorizer authorizer = Authorizer.alwaysAllow();
    private @Nullable Auditor audit;
    private @Nullable HttpServerOptions http;
    private String advertisedAddress = "127.0.0.1:6443";
    private RequestLimits limits = RequestLimits.USUAL;
    private boolean swaggerUi;
    private @Nullable Supplier<ClientTls> kubelet;
    private @Nullable OpenIdDocuments openId;
    private Metrics metrics = new Metrics();
    private @Nullable ControllableClock turnable;
    private boolean loopbackTargets;

    private Builder(Registry registry) {
      this.registry = registry;
    }

    public Builder auth(Authenticator who, Authorizer whether) {
      authenticator = who;
      authorizer = whether;
      return this;
    }

    public Builder anonymousAllowed(Predicate<String> value) {
      anonymousAllowed = value;
      return this;
    }

    public Builder audit(@Nullable Auditor value) {
      audit = value;
      return this;
    }

    public Builder http(@Nullable HttpServerOptions value) {
      http = value;
      return this;
    }

    public Builder advertisedAddress(String value) {
      advertisedAddress = value;
      return this;
    }

    public Builder limits(RequestLimits value) {
      limits = value;
      return this;
    }

    public Builder swaggerUi(boolean value) {
      swaggerUi = value;
      return this;
    }

    public Builder kubelet(@Nullable Supplier<ClientTls> value) {
      kubelet = value;
      return this;
    }

    public Builder openId(@Nullable OpenIdDocuments value) {
      openId = value;
      return this;
    }

    public Builder metrics(Metrics value) {
      metrics = value;
      return this;
    }

    public Builder turnable(@Nullable ControllableClock value) {
      turnable = value;
      return this;
    }

    public Builder loopbackTargets(boolean value) {
      loopbackTargets = value;
      return this;
    }

    public ApiServerConfig build() {
      return new ApiServerConfig(
          registry,
          authenticator,
          anonymousAllowed,
          authorizer,
          audit,
          http,
          advertisedAddress,
          limits,
          swaggerUi,
          kubelet,
          openId,
          metrics,
          turnable,
          loopbackTargets);
    }
  }
}
