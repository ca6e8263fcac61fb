package dev.coracle.node.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.client.Client;
import dev.coracle.http.HttpRequest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the node's server, decided by the API server: a client certificate or a bearer token
 * (TokenReview) says who asks, a SubjectAccessReview on {@code nodes/proxy}, {@code nodes/stats},
 * ... whether that is allowed (the Kubernetes page "Kubelet authentication/authorization"). Answers
 * are kept: a yes for five minutes, a no for thirty seconds, as a kubelet does by default.
 */
final class RequestAuthorization {

  private static final Duration YES_LASTS = Duration.ofMinutes(5);
  private static final Duration NO_LASTS = Duration.ofSeconds(30);
  private static final int MOST_KEPT = 1000;
  private static final GroupVersionResource ACCESS_REVIEWS =
      GroupVersionResource.of("authorization.k8s.io", "v1", "subjectaccessreviews");
  private static final GroupVersionResource TOKEN_REVIEWS =
      GroupVersionResource.of("authentication.k8s.io", "v1", "tokenreviews");

  /** What the server says to a request: null to go on. */
  record Refusal(int status, String text) {}

  private record Subject(String name, String uid, List<String> groups, JsonNode extra) {}

  private record Question(
      String name, String uid, List<String> groups, String verb, String subresource) {}

  private record Kept(boolean allowed, Instant until) {}

  private final Client client;
  private final Clock clock;
  private final String node;
  private final Map<Question, Kept> kept = new ConcurrentHashMap<>();

  RequestAuthorization(Client client, Clock clock, String node) {
    this.client = client;
    this.clock = clock;
    this.node = node;
  }

  /**
   * @param what the first part of the path
   */
  @Nullable Refusal refusal(HttpRequest request, String what) {
    Subject subject = subject(request);
    if (subject == null) {
      return new Refusal(401, "Unauthorized");
    }
    String verb = verb(request.method());
    List<String> subresources = subresources(what);
    for (String subresource : subresources) {
      if (allowed(subject, verb, subresource)) {
        return null;
      }
    }
    return new Refusal(
        403,
        "Forbidden (user="
            + subject.name()
            + ", verb="
            + verb
            + ", resource=nodes, subresource(s)=["
            + String.join(" ", subresources)
            + "])\n");
  }

  private @Nullable Subject subject(HttpRequest request) {
    List<X509Certificate> chain = request.connection().peerCertificates();
    if (!chain.isEmpty()) {
      return ofCertificate(chain.getFirst());
    }
    String authorization = request.headers().first("authorization", "");
    if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return null;
    }
    ObjectNode review =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenReview");
    review.putObject("spec").put("token", authorization.substring(7).strip());
    JsonNode status = client.create(TOKEN_REVIEWS, "", review).at("status");
    if (!status.path("authenticated").asBoolean()) {
      return null;
    }
    JsonNode user = status.path("user");
    List<String> groups = new ArrayList<>();
    user.path("groups").forEach(group -> groups.add(group.asText()));
    return new Subject(
        user.path("username").asText(), user.path("uid").asText(""), groups, user.path("extra"));
  }

  private static @Nullable Subject ofCertificate(X509Certificate certificate) {
    try {
      String name = "";
      List<String> groups = new ArrayList<>();
      for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (rdn.getType().equalsIgnoreCase("CN")) {
          name = String.valueOf(rdn.getValue());
        } else if (rdn.getType().equalsIgnoreCase("O")) {
          groups.add(String.valueOf(rdn.getValue()));
        }
      }
      if (name.isEmpty()) {
        return null;
      }
      groups.add("system:authenticated");
      return new Subject(name, "", groups, Json.object());
    } catch (InvalidNameException e) {
      return null;
    }
  }

  private boolean allowed(Subject subject, String verb, String subresource) {
    Question question =
        new Question(
            subject.name(), subject.uid(), List.copyOf(subject.groups()), verb, subresource);
    Instant now = clock.instant();
    Kept known = kept.get(question);
    if (known != null && now.isBefore(known.until())) {
      return known.allowed();
    }
    boolean allowed = ask(subject, verb, subresource);
    if (kept.size() >= MOST_KEPT) {
      kept.clear();
    }
    kept.put(question, new Kept(allowed, now.plus(allowed ? YES_LASTS : NO_LASTS)));
    return allowed;
  }

  private boolean ask(Subject subject, String verb, String subresource) {
    ObjectNode review =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec").put("user", subject.name());
    if (!subject.uid().isEmpty()) {
      spec.put("uid", subject.uid());
    }
    ArrayNode groups = spec.putArray("groups");
    subject.groups().forEach(groups::add);
    if (subject.extra().size() > 0) {
      spec.set("extra", subject.extra().deepCopy());
    }
    spec.putObject("resourceAttributes")
        .put("verb", verb)
        .put("version", "v1")
        .put("resource", "nodes")
        .put("subresource", subresource)
        .put("name", node);
    return client.create(ACCESS_REVIEWS, "", review).at("status").path("allowed").asBoolean();
  }

  private static String verb(String method) {
    return switch (method) {
      case "POST" -> "create";
      case "PUT" -> "update";
      case "PATCH" -> "patch";
      case "DELETE" -> "delete";
      default -> "get";
    };
  }

  /** Any of these is enough. */
  private static List<String> subresources(String what) {
    return switch (what) {
      case "stats" -> List.of("stats");
      case "metrics" -> List.of("metrics");
      case "logs" -> List.of("log");
      case "pods", "runningpods" -> List.of("pods", "proxy");
      case "configz" -> List.of("configz", "proxy");
      default -> List.of("proxy");
    };
  }
}
