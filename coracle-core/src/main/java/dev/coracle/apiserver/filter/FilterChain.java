package dev.coracle.apiserver.filter;

import dev.coracle.api.AuditAnnotations;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.apiserver.access.Access;
import dev.coracle.apiserver.access.AuthMetrics;
import dev.coracle.apiserver.access.Impersonation;
import dev.coracle.apiserver.audit.AuditEvent;
import dev.coracle.apiserver.audit.Auditor;
import dev.coracle.apiserver.dispatch.Dispatcher;
import dev.coracle.apiserver.flowcontrol.FlowControl;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Credentials;
import dev.coracle.apiserver.request.IncomingRequest;
import dev.coracle.apiserver.request.Query;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.SelectorRequirement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request, always forward, whichever door it came through. It never throws: what
 * goes wrong becomes a {@code Failure} here and nowhere else.
 */
public final class FilterChain {

  private static final Logger LOG = LoggerFactory.getLogger(FilterChain.class);

  private final Authenticator authenticator;
  private final Predicate<String> anonymousAllowed;
  private final Access access;
  private final Impersonation impersonation;
  private final Predicate<String> open;
  private final @Nullable Auditor auditor;
  private final RequestMetrics metrics;
  private final AuthMetrics authMetrics;
  private final InFlight inFlight;
  private final FlowControl flows;
  private final Dispatcher dispatcher;

  /**
   * @param open paths outside resources for which nobody needs a right
   * @param auditor null when no request is recorded
   */
  public FilterChain(
      Authenticator authenticator,
      Predicate<String> anonymousAllowed,
      Access access,
      Predicate<String> open,
      @Nullable Auditor auditor,
      RequestMetrics metrics,
      AuthMetrics authMetrics,
      InFlight inFlight,
      FlowControl flows,
      Dispatcher dispatcher) {
    this.authenticator = authenticator;
    this.anonymousAllowed = anonymousAllowed;
    this.access = access;
    this.impersonation = new Impersonation(access);
    this.open = open;
    this.auditor = auditor;
    this.metrics = metrics;
    this.authMetrics = authMetrics;
    this.inFlight = inFlight;
    this.flows = flows;
    this.dispatcher = dispatcher;
  }

  public Answered serve(IncomingRequest incoming) {
    Observation observation = new Observation(metrics.unknown());
    List<String> warnings = new ArrayList<>(0);
    ApiResponse response;
    try {
      RequestInfo info = incoming.info().get();
      observation.known(metrics.of(info, incoming), LongRunning.is(info));
      UserInfo user = authenticate(incoming, info, observation);
      AuditEvent event = recorded(incoming, info, user);
      observation.audit(event);
      response =
          event == null
              ? served(incoming, info, user, warnings, observation)
              : AuditAnnotations.collect(
                  event, () -> served(incoming, info, user, warnings, observation));
    } catch (StatusException refusal) {
      response = new ApiResponse.Failure(refusal.status());
    } catch (RuntimeException | StackOverflowError unexpected) {
      LOG.error("{} {} failed", incoming.method(), incoming.path(), unexpected);
      observation.panicked(unexpected);
      response =
          new ApiResponse.Failure(
              StatusException.internal("the server could not serve the request").status());
    }
    return new Answered(response, warnings, observation);
  }

  private ApiResponse served(
      IncomingRequest incoming,
      RequestInfo info,
      UserInfo authenticated,
      List<String> warnings,
      Observation observation) {
    AuditEvent event = observation.event();
    UserInfo user = impersonation.apply(authenticated, incoming.headers(), info);
    if (event != null && user != authenticated) {
      event.impersonated(user);
    }
    if (incoming.peer() != null && (info.verb().equals("watch") || !LongRunning.is(info))) {
      observation.classified(flows.table().classify(user, info));
    }
    try (InFlight.Place place = inFlight.enter(info, user)) {
      if (info.isResourceRequest() || !open.test(info.path())) {
        access.admit(attributes(user, info, incoming.query()), authMetrics);
      }
      RequestTimeout.check(info, incoming.query());
      return dispatcher.dispatch(
          new ApiRequest(
              incoming.method(),
              info,
              incoming.query(),
              incoming.headers(),
              user,
              incoming.body(),
              warnings,
              event));
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

  private @Nullable AuditEvent recorded(IncomingRequest incoming, RequestInfo info, UserInfo user) {
    if (auditor == null) {
      return null;
    }
    try {
      return auditor.received(received(incoming, info), user);
    } catch (Auditor.NotStored e) {
      throw StatusException.internal("failed to store audit event");
    }
  }

  private static Auditor.Received received(IncomingRequest incoming, RequestInfo info) {
    return new Auditor.Received(
        incoming.auditId().get(), incoming.uri().get(), incoming.headers(), incoming.peer(), info);
  }

  private UserInfo authenticate(
      IncomingRequest incoming, RequestInfo info, Observation observation) {
    return switch (incoming.credentials()) {
      case Credentials.Known known -> known.user();
      case Credentials.Presented presented -> {
        long began = System.nanoTime();
        UserInfo user = authenticate(presented, info.path());
        if (user == null) {
          authMetrics.rejected(System.nanoTime() - began);
          if (auditor != null) {
            observation.audit(auditor.unauthenticated(received(incoming, info)));
          }
          throw StatusException.unauthorized();
        }
        authMetrics.authenticated(user, System.nanoTime() - began);
        yield user;
      }
    };
  }

  private @Nullable UserInfo authenticate(Credentials.Presented presented, String path) {
    return switch (authenticator.authenticate(presented.request())) {
      case Authenticator.Result.Authenticated good -> good.user();
      case Authenticator.Result.Rejected bad -> {
        LOG.debug("unable to authenticate the request: {}", bad.why());
        yield null;
      }
      case Authenticator.Result.Anonymous none ->
          anonymousAllowed.test(path) ? UserInfo.ANONYMOUS : null;
    };
  }
}
