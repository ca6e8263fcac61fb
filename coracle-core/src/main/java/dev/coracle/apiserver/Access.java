package dev.coracle.apiserver;

import dev.coracle.api.StatusException;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;

/** Asks the authorizer and says no in Kubernetes' words. */
final class Access {

  private final Authorizer authorizer;

  Access(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  /**
   * @throws StatusException 403 unless it is allowed
   */
  void require(AuthorizationAttributes attributes) {
    Authorizer.Answer answer = authorizer.authorize(attributes);
    if (answer.allowed()) {
      return;
    }
    String why = message(attributes) + (answer.reason().isEmpty() ? "" : ": " + answer.reason());
    if (!attributes.isResourceRequest()) {
      throw StatusException.forbidden("forbidden: " + why);
    }
    throw StatusException.forbidden(
        attributes.apiGroup(), attributes.resource(), attributes.name(), why);
  }

  private static String message(AuthorizationAttributes attributes) {
    StringBuilder message = new StringBuilder(128);
    message
        .append("User ")
        .append(Text.quote(attributes.user().name()))
        .append(" cannot ")
        .append(attributes.verb());
    if (!attributes.isResourceRequest()) {
      return message.append(" path ").append(Text.quote(attributes.path())).toString();
    }
    message
        .append(" resource ")
        .append(Text.quote(attributes.combinedResource()))
        .append(" in API group ")
        .append(Text.quote(attributes.apiGroup()));
    return attributes.namespace().isEmpty()
        ? message.append(" at the cluster scope").toString()
        : message
            .append(" in the namespace ")
            .append(Text.quote(attributes.namespace()))
            .toString();
  }
}
