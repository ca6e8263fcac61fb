package dev.coracle.cluster.fuzz;

import java.util.List;

/** What requests are made of: words that an API server knows, and some that look like it. */
final class Words {

  static final List<String> METHODS =
      List.of("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO", "get");
  static final List<String> SUBRESOURCES =
      List.of(
          "status",
          "scale",
          "binding",
          "eviction",
          "ephemeralcontainers",
          "resize",
          "token",
          "approval",
          "finalize",
          "log",
          "exec",
          "attach",
          "portforward",
          "proxy",
          "x");
  static final List<String> PARAMETERS =
      List.of(
          "labelSelector",
          "fieldSelector",
          "limit",
          "continue",
          "resourceVersion",
          "resourceVersionMatch",
          "timeoutSeconds",
          "dryRun",
          "fieldManager",
          "fieldValidation",
          "force",
          "pretty",
          "propagationPolicy",
          "gracePeriodSeconds",
          "timeout",
          "allowWatchBookmarks",
          "sendInitialEvents",
          "includeObject",
          "orphanDependents",
          "container",
          "tailLines");
  static final List<String> VALUES =
      List.of(
          "app=web",
          "n in (1,2)",
          "!n",
          "metadata.name=a",
          "metadata.namespace!=b",
          "spec.nodeName=",
          "status.phase=Running",
          "5",
          "1",
          "0",
          "All",
          "Strict",
          "Ignore",
          "true",
          "false",
          "NotOlderThan",
          "Exact",
          "Foreground",
          "Orphan",
          "Background",
          "30s",
          "Object",
          "None",
          "fuzz");
  static final List<String> OTHER_PATHS =
      List.of(
          "/",
          "/api",
          "/apis",
          "/api/v1",
          "/apis/apps",
          "/apis/apps/v1",
          "/healthz",
          "/livez/ping",
          "/readyz?verbose",
          "/metrics",
          "/version",
          "/openapi/v3",
          "/openapi/v3/api/v1",
          "/swagger-ui/",
          "/.well-known/openid-configuration",
          "/openid/v1/jwks",
          "/logs/x");
  static final List<String> ACCEPTED =
      List.of(
          "application/json",
          "application/yaml",
          "application/vnd.kubernetes.protobuf",
          "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
          "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
          "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
          "*/*",
          "text/html",
          "application/cbor");
  static final List<String> PATCHES =
      List.of(
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json",
          "application/apply-patch+yaml");

  private Words() {}
}
