package dev.coracle.auth;

import java.util.List;

/** Decides whether a request may go on. Called on a virtual thread; it may block. */
public interface Authorizer {

  /** Kubernetes' three answers. */
  enum Decision {
    ALLOW,
    DENY,
    NO_OPINION
  }

  /**
   * An answer and its grounds.
   *
   * @param reason for people; after a denial it ends the 403's message; may be empty
   */
  record Answer(Decision decision, String reason) {
    public static final Answer ALLOW = new Answer(Decision.ALLOW, "");
    public static final Answer NO_OPINION = new Answer(Decision.NO_OPINION, "");

    public boolean allowed() {
      return decision == Decision.ALLOW;
    }
  }

  Answer authorize(AuthorizationAttributes attributes);

  /** The authorization mode AlwaysAllow. */
  static Authorizer alwaysAllow() {
    return attributes -> Answer.ALLOW;
  }

  /**
   * Asks several in order: the first that allows or denies decides; reasons of those without an
   * opinion are kept, a line each.
   */
  static Authorizer union(List<Authorizer> authorizers) {
    return attributes -> {
      StringBuilder reasons = new StringBuilder();
      for (Authorizer authorizer : authorizers) {
        Answer answer = authorizer.authorize(attributes);
        if (answer.decision() != Decision.NO_OPINION) {
          return answer;
        }
        if (!answer.reason().isEmpty()) {
          reasons.append(reasons.isEmpty() ? "" : "\n").append(answer.reason());
        }
      }
      return new Answer(Decision.NO_OPINION, reasons.toString());
    };
  }
}
