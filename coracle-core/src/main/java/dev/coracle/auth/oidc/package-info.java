/**
 * Users by JSON Web Tokens of OpenID Connect providers: what a provider's configuration says, its
 * keys, and how its claims become a user ({@code AuthenticationConfiguration}, {@code --oidc-*}).
 */
@NullMarked
package dev.coracle.auth.oidc;

import org.jspecify.annotations.NullMarked;
