package dev.coracle.schema.cel;

import dev.coracle.api.UserInfo;

/** What the variable {@code authorizer} of admission's expressions asks. */
public interface AccessCheck {

  /**
   * Whether somebody may do something.
   *
   * @param path of a request outside resources; empty for resources
   * @param apiVersion {@code *} for any
   */
  record Question(
      UserInfo user,
      String verb,
      String path,
      String apiGroup,
      String apiVersion,
      String resource,
      String subresource,
      String namespace,
      String name) {}

  /**
   * The answer.
   *
   * @param error empty unless it could not be told
   */
  record Answer(boolean allowed, String reason, String error) {}

  Answer check(Question question);
}
