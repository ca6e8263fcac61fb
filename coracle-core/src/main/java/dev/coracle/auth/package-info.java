/**
 * Who asks and whether they may, as the API server's filter chain calls it. The words are
 * Kubernetes' own: an {@link dev.coracle.auth.Authenticator} gives a user, an {@link
 * dev.coracle.auth.Authorizer} gives Allow, Deny or NoOpinion over {@link
 * dev.coracle.auth.AuthorizationAttributes}. Here are the contracts, client certificates and proxy
 * headers; each further way to know somebody ({@code tokens}, {@code oidc}, {@code webhook}) or to
 * decide ({@code rbac}, {@code node}, {@code webhook}) is a package of its own. {@code
 * cluster.access.Authenticators} and {@code cluster.access.Authorizers} put them in order.
 */
@NullMarked
package dev.coracle.auth;

import org.jspecify.annotations.NullMarked;
