/**
 * Who asks and whether they may: authenticators (client certificates, bearer tokens) and
 * authorizers (RBAC), as the API server's filter chain calls them. The words are Kubernetes' own:
 * an {@link dev.coracle.auth.Authenticator} gives a user, an {@link dev.coracle.auth.Authorizer}
 * gives Allow, Deny or NoOpinion over {@link dev.coracle.auth.AuthorizationAttributes}.
 */
@NullMarked
package dev.coracle.auth;

import org.jspecify.annotations.NullMarked;
