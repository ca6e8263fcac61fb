package dev.coracle.auth;

/** Allows everything to members of {@code system:masters}, before any policy is asked. */
public final class SystemMastersAuthorizer implements Authorizer {

  public static final String GROUP = "system:masters";

  @Override
  public Answer authorize(AuthorizationAttributes attributes) {
    return attributes.user().groups().contains(GROUP) ? Answer.ALLOW : Answer.NO_OPINION;
  }
}
