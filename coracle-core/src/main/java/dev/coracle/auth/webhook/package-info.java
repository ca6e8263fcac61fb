/**
 * Authentication and authorization by somebody else's server: TokenReviews and SubjectAccessReviews
 * posted to a webhook that a kubeconfig file names.
 */
@NullMarked
package dev.coracle.auth.webhook;

import org.jspecify.annotations.NullMarked;
