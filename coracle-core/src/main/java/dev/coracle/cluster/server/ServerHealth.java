package dev.coracle.cluster.server;

import dev.coracle.apiserver.paths.HealthChecks;
import dev.coracle.apiserver.paths.HealthChecks.Scope;
import dev.coracle.store.Store;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The API server's health by the names that a kube-apiserver gives its checks: its store, and each
 * step of the start, which is unhealthy until it is over.
 */
final class ServerHealth implements AutoCloseable {

  /** A step of the start, with the checks that it makes pass. */
  enum Step {
    /** The registry serves what is stored, custom resources among it. */
    REGISTRY(
        "start-apiextensions-informers",
        "start-apiextensions-controllers",
        "crd-informer-synced",
        "max-in-flight-filter",
        "storage-object-count-tracker-hook",
        "storage-readiness"),
    /** The objects that every cluster has are there. */
    FIRST_OBJECTS(
        "start-system-namespaces-controller",
        "rbac/bootstrap-roles",
        "scheduling/bootstrap-system-priority-classes",
        "priority-and-fairness-config-producer"),
    /** Authorization and admission know what is stored. */
    CACHES(
        "generic-apiserver-start-informers",
        "start-apiserver-admission-initializer",
        "start-legacy-token-tracking-controller"),
    /** The cluster says where its API server is, and other servers' APIs are joined. */
    ANNOUNCED(
        "bootstrap-controller",
        "start-kubernetes-service-cidr-controller",
        "start-service-ip-repair-controllers",
        "start-cluster-authentication-info-controller",
        "start-kube-aggregator-informers",
        "apiservice-status-local-available-controller",
        "apiservice-status-remote-available-controller",
        "apiservice-registration-controller",
        "apiservice-wait-for-first-sync",
        "apiservice-discovery-controller",
        "kube-apiserver-autoregistration",
        "apiservice-openapi-controller",
        "apiservice-openapiv3-controller");

    private final List<String> hooks;

    Step(String... hooks) {
      this.hooks = List.of(hooks);
    }
  }

  private static final String NOT_YET = "not finished";

  private final Set<Step> open = EnumSet.allOf(Step.class);
  private volatile boolean closing;

  ServerHealth(HealthChecks checks, Store store) {
    checks.add("log", Scope.LIVE, () -> null);
    checks.add("etcd", Scope.LIVE, () -> reads(store));
    checks.add("etcd-readiness", Scope.READY, () -> reads(store));
    checks.add("informer-sync", Scope.READY, () -> waitsFor(Step.CACHES));
    for (Step step : Step.values()) {
      step.hooks.forEach(
          hook -> checks.add("poststarthook/" + hook, Scope.LIVE, () -> waitsFor(step)));
    }
    checks.add("autoregister-completion", Scope.LIVE, () -> waitsFor(Step.ANNOUNCED));
    checks.add("shutdown", Scope.READY, () -> closing ? "process is shutting down" : null);
  }

  private static @Nullable String reads(Store store) {
    try {
      var unused = store.get("/registry/health");
      return null;
    } catch (RuntimeException e) {
      return "the store does not answer: " + e.getMessage();
    }
  }

  private @Nullable String waitsFor(Step step) {
    synchronized (open) {
      return open.contains(step) ? NOT_YET : null;
    }
  }

  void finished(Step step) {
    synchronized (open) {
      open.remove(step);
    }
  }

  /** From here on nobody new should be sent here. */
  @Override
  public void close() {
    closing = true;
  }
}
