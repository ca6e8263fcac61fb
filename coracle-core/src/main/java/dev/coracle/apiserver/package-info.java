/**
 * The API server: every request goes through one {@link dev.coracle.apiserver.FilterChain}
 * (authentication, impersonation, audit, limits, authorization) to resources, discovery, health,
 * OpenAPI or a proxied server. Two doors lead in: HTTP and the in-memory transport of this
 * process's own components.
 */
@NullMarked
package dev.coracle.apiserver;

import org.jspecify.annotations.NullMarked;
