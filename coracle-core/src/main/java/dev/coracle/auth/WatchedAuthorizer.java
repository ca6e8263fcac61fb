package dev.coracle.auth;

import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Asks another authorizer, and tells those who listen which rights are used: everything that is
 * allowed, and the requests that are refused (not the questions whose refusal leads to another way,
 * such as whether somebody may escalate). Costs one look at an empty list while nobody listens.
 */
public final class WatchedAuthorizer implements Authorizer {

  /** Told on the thread of the request, before it goes on; must be quick and never throw. */
  @FunctionalInterface
  public interface Listener {
    void decided(AuthorizationAttributes attributes, Answer answer);
  }

  private final Authorizer authorizer;
  private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();

  private WatchedAuthorizer(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  /** The authorizer itself when it is one that can be listened to. */
  public static WatchedAuthorizer of(Authorizer authorizer) {
    return authorizer instanceof WatchedAuthorizer watched
        ? watched
        : new WatchedAuthorizer(authorizer);
  }

  @Override
  public Answer authorize(AuthorizationAttributes attributes) {
    Answer answer = authorizer.authorize(attributes);
    if (answer.allowed()) {
      tell(attributes, answer);
    }
    return answer;
  }

  /** A request was refused with this answer. */
  public void refused(AuthorizationAttributes attributes, Answer answer) {
    tell(attributes, answer);
  }

  private void tell(AuthorizationAttributes attributes, Answer answer) {
    for (Listener listener : listeners) {
      listener.decided(attributes, answer);
    }
  }

  public void add(Listener listener) {
    listeners.add(listener);
  }

  public void remove(Listener listener) {
    listeners.remove(listener);
  }
}
