package dev.coracle.apiserver.access;

import dev.coracle.api.AuditAnnotations;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.request.Text;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.WatchedAuthorizer;

/** Asks the authorizer and says no in Kubernetes' words. */
public final class Access {

  private static final String DECISION = "authorization.k8s.io/decision";
  private static final String REASON = "authorization.k8s.io/reason";

  private final WatchedAuthorizer authorizer;

  public Access(WatchedAuthorizer authorizer) {
    this.authorizer = authorizer;
  }

  /**
   * @throws StatusException 403 unless it is allowed
   */
  public void require(AuthorizationAttributes attributes) {
    Authorizer.Answer answer = authorizer.authorize(attributes);
    if (!answer.allowed()) {
      throw refusal(attributes, answer);
    }
  }

  /**
   * As {@link #require}, for the request itself: the decision is recorded and counted.
   *
   * @throws StatusException 403 unless it is allowed
   */
  public void admit(AuthorizationAttributes attributes, AuthMetrics metrics) {
    long began = System.nanoTime();
    Authorizer.Answer answer = authorizer.authorize(attributes);
    metrics.authorized(answer.decision(), System.nanoTime() - began);
    AuditAnnotations.add(DECISION, answer.allowed() ? "allow" : "forbid");
    AuditAnnotations.add(REASON, answer.reason());
    if (!answer.allowed()) {
      throw refusal(attributes, answer);
    }
  }

  /** Whether something that is not the request itself is allowed. */
  boolean allows(AuthorizationAttributes attributes) {
    return authorizer.authorize(attributes).allowed();
  }

  private StatusException refusal(AuthorizationAttributes attributes, Authorizer.Answer answer) {
    authorizer.refused(attributes, answer);
    return refusal(attributes, answer.reason());
  }

  /** A 403 with the request and, if there is one, the reason. */
  static StatusException refusal(AuthorizationAttributes attributes, String reason) {
    String why = message(attributes) + (reason.isEmpty() ? "" : ": " + reason);
    if (!attributes.isResourceRequest()) {
      return StatusException.forbidden("forbidden: " + why);
    }
    return StatusException.forbidden(
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
