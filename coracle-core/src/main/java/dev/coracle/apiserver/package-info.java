/**
 * The API server: every request goes through one {@link dev.coracle.apiserver.FilterChain}
 * (authentication, audit, impersonation, limits, authorization) to resources, discovery, health,
 * metrics, OpenAPI, a connection into a Pod, or an aggregated server. Two doors lead in: HTTP and
 * the in-memory transport of this process's own components. What a client gets (JSON, protobuf,
 * tables, YAML) is decided and written here; what a resource is stands in {@code registry}.
 */
@NullMarked
package dev.coracle.apiserver;

import org.jspecify.annotations.NullMarked;
