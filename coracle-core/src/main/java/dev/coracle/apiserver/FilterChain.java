package dev.coracle.apiserver;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.SelectorRequirement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request, always forward, whichever door it came through. It never throws: what
 * goes wrong becomes a {@code Failure} here and nowhere else.
 */
final class FilterChain {

  private static final Logger LOG = LoggerFactory.getLogger(FilterChain.class);

  private final Authenticator authenticator;
  private final boolean anonymousAllowed;
  private final Access access;
  private final Impersonation impersonation;
  private final Predicate<String> open;
  private final Audit audit;
  private final InFlight inFlight;
  private final Dispatcher dispatcher;

  /**
   * @param open paths outside resources for which nobody needs a right
   */
  FilterChain(
      Authenticator authenticator,
      boolean anonymousAllowed,
      Access access,
      Predicate<String> open,
      Audit audit,
      InFlight inFlight,
      Dispatcher dispatcher) {
    this.authenticator = authenticator;
    this.anonymousAllowed = anonymousAllowed;
    this.access = access;
    this.impersonation = new Impersonation(access);
    this.open = open;
    this.audit = audit;
    this.inFlight = inFlight;
    this.dispatcher = dispatcher;
  }

  Answered serve(IncomingRequest incoming) {
    RequestInfo info =
        RequestInfo.nonResource(incoming.path(), incoming.method().toLowerCase(Locale.ROOT));
    List<String> warnings = new ArrayList<>(0);
    try {
      info = incoming.info().get();
      UserInfo authenticated = authenticate(incoming.credentials());
      UserInfo user = impersonation.apply(authenticated, incoming.headers(), info);
      audit.received(incoming.auditId(), incoming.method(), incoming.path(), user);
      try (InFlight.Place place = inFlight.enter(info, user)) {
        if (info.isResourceRequest() || !open.test(info.path())) {
          access.require(attributes(user, info, incoming.query()));
        }
        RequestTimeout.check(info, incoming.query());
        ApiRequest request =
            new ApiRequest(
                incoming.method(),
                info,
                incoming.query(),
                incoming.headers(),
                user,
                incoming.body(),
                warnings);
        return new Answered(dispatcher.dispatch(request), info, warnings);
      }
    } catch (StatusException refusal) {
      return new Answered(new ApiResponse.Failure(refusal.status()), info, warnings);
    } catch (RuntimeException | StackOverflowError unexpected) {
      LOG.error("{} {} failed", incoming.method(), incoming.path(), unexpected);
      return new Answered(
          new ApiResponse.Failure(
              StatusException.internal("the server could not serve the request").status()),
          info,
          warnings);
    }
  }

  /** Collections are authorized with what they are limited to (KEP-4601). */
  private static AuthorizationAttributes attributes(UserInfo user, RequestInfo info, Query query) {
    AuthorizationAttributes attributes = AuthorizationAttributes.of(user, info);
    return switch (info.verb()) {
      case "list", "watch", "deletecollection" ->
          attributes.withSelectors(
              SelectorRequirement.fields(query.first("fieldSelector")),
              SelectorRequirement.labels(query.first("labelSelector")));
      default -> attributes;
    };
  }

  private UserInfo authenticate(Credentials credentials) {
    return switch (credentials) {
      case Credentials.Known known -> known.user();
      case Credentials.Presented presented ->
          switch (authenticator.authenticate(presented.request())) {
            case Authenticator.Result.Authenticated good -> good.user();
            case Authenticator.Result.Rejected bad -> {
              LOG.debug("unable to authenticate the request: {}", bad.why());
              throw StatusException.unauthorized();
            }
            case Authenticator.Result.Anonymous none -> {
              if (!anonymousAllowed) {
                throw StatusException.unauthorized();
              }
              yield UserInfo.ANONYMOUS;
            }
          };
    };
  }
}
