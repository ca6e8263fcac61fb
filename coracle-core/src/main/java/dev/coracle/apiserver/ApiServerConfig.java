package dev.coracle.apiserver;

import dev.coracle.api.ControllableClock;
import dev.coracle.apiserver.audit.Auditor;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.Authorizer;
import dev.coracle.http.ClientTls;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.metrics.Metrics;
import dev.coracle.registry.Registry;
import java.util.function.Predicate;
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
 * @param kubelet who this server is to kubelets and which of them it trusts; null when it cannot
 *     speak to kubelets, so that logs and streams are refused
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
    @Nullable ClientTls kubelet,
    @Nullable OpenIdDocuments openId,
    Metrics metrics,
    @Nullable ControllableClock turnable,
    boolean loopbackTargets) {

  /** A server that trusts everybody: no credentials, everything allowed, in memory only. */
  public static ApiServerConfig of(Registry registry) {
    return new ApiServerConfig(
        registry,
        request -> new Authenticator.Result.Anonymous(),
        path -> true,
        Authorizer.alwaysAllow(),
        null,
        null,
        "127.0.0.1:6443",
        RequestLimits.USUAL,
        false,
        null,
        null,
        new Metrics(),
        null,
        false);
  }

  public ApiServerConfig withAuth(Authenticator who, Authorizer whether) {
    return new ApiServerConfig(
        registry,
        who,
        anonymousAllowed,
        whether,
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

  public ApiServerConfig withHttp(HttpServerOptions options) {
    return new ApiServerConfig(
        registry,
        authenticator,
        anonymousAllowed,
        authorizer,
        audit,
        options,
        advertisedAddress,
        limits,
        swaggerUi,
        kubelet,
        openId,
        metrics,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withLimits(RequestLimits most) {
    return new ApiServerConfig(
        registry,
        authenticator,
        anonymousAllowed,
        authorizer,
        audit,
        http,
        advertisedAddress,
        most,
        swaggerUi,
        kubelet,
        openId,
        metrics,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withAdvertisedAddress(String address) {
    return new ApiServerConfig(
        registry,
        authenticator,
        anonymousAllowed,
        authorizer,
        audit,
        http,
        address,
        limits,
        swaggerUi,
        kubelet,
        openId,
        metrics,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withSwaggerUi(boolean served) {
    return new ApiServerConfig(
        registry,
        authenticator,
        anonymousAllowed,
        authorizer,
        audit,
        http,
        advertisedAddress,
        limits,
        served,
        kubelet,
        openId,
        metrics,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withKubelet(ClientTls identity) {
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
        identity,
        openId,
        metrics,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withOpenId(OpenIdDocuments documents) {
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
        documents,
        metrics,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withAnonymous(Predicate<String> allowed) {
    return new ApiServerConfig(
        registry,
        authenticator,
        allowed,
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

  public ApiServerConfig withAudit(@Nullable Auditor auditor) {
    return new ApiServerConfig(
        registry,
        authenticator,
        anonymousAllowed,
        authorizer,
        auditor,
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

  public ApiServerConfig withMetrics(Metrics shown) {
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
        shown,
        turnable,
        loopbackTargets);
  }

  public ApiServerConfig withTurnableClock(@Nullable ControllableClock clock) {
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
        clock,
        loopbackTargets);
  }

  public ApiServerConfig withLoopbackTargets(boolean allowed) {
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
        allowed);
  }
}
