package dev.coracle.auth.reviews;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthenticationRequest;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.rbac.PolicyRule;
import dev.coracle.auth.tokens.ServiceAccountTokenAuthenticator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Answers reviews; every method completes the given body in place and returns it. */
public final class Reviews {

  private static final String GROUP = "authorization.k8s.io";

  private final Authenticator authenticator;
  private final ServiceAccountTokenAuthenticator tokens;
  private final Authorizer authorizer;
  private final BiFunction<UserInfo, String, List<PolicyRule>> rules;
  private final List<String> apiAudiences;

  /**
   * @param authenticator all of the server's, for tokens
   * @param tokens for tokens with audiences of their own
   * @param rules the RBAC rules of a user in a namespace
   */
  public Reviews(
      Authenticator authenticator,
      ServiceAccountTokenAuthenticator tokens,
      Authorizer authorizer,
      BiFunction<UserInfo, String, List<PolicyRule>> rules,
      List<String> apiAudiences) {
    this.authenticator = authenticator;
    this.tokens = tokens;
    this.authorizer = authorizer;
    this.rules = rules;
    this.apiAudiences = apiAudiences;
  }

  /** {@code authentication.k8s.io/v1 TokenReview}. */
  public ObjectNode tokenReview(ObjectNode review) {
    JsonNode spec = review.path("spec");
    String token = spec.path("token").asText("");
    if (token.isEmpty()) {
      throw StatusException.badRequest("token is required for TokenReview in authentication");
    }
    List<String> audiences = strings(spec.path("audiences"));
    Authenticator.Result result =
        audiences.isEmpty()
            ? authenticator.authenticate(
                new AuthenticationRequest(
                    Map.of("authorization", List.of("Bearer " + token)), List.of(), null))
            : tokens.authenticate(token, audiences);
    ObjectNode status = review.putObject("status");
    switch (result) {
      case Authenticator.Result.Authenticated authenticated -> {
        status.put("authenticated", true);
        status.set("user", user(authenticated.user()));
        ArrayNode accepted = status.putArray("audiences");
        (audiences.isEmpty() ? apiAudiences : audiences).forEach(accepted::add);
      }
      case Authenticator.Result.Rejected rejected -> {
        status.put("error", error(token, audiences));
        status.putObject("user");
      }
      case Authenticator.Result.Anonymous anonymous ->
          // Not authenticated, and no error: no authenticator knows such a token.
          status.putObject("user");
    }
    return review;
  }

  /** A good token that is only meant for others is told apart. */
  private String error(String token, List<String> audiences) {
    String invalid = "invalid bearer token";
    boolean goodForUs =
        !audiences.isEmpty()
            && tokens.authenticate(token, apiAudiences)
                instanceof Authenticator.Result.Authenticated;
    return goodForUs
        ? "["
            + invalid
            + ", token audiences "
            + quoted(apiAudiences)
            + " is invalid for the target audiences "
            + quoted(audiences)
            + "]"
        : invalid;
  }

  private static String quoted(List<String> values) {
    return values.stream()
        .map(value -> '"' + value + '"')
        .collect(java.util.stream.Collectors.joining(" ", "[", "]"));
  }

  /** {@code authentication.k8s.io/v1 SelfSubjectReview}. */
  public ObjectNode selfSubjectReview(UserInfo user, ObjectNode review) {
    review.putObject("status").set("userInfo", user(user));
    return review;
  }

  /** {@code SubjectAccessReview}: anybody's rights. */
  public ObjectNode subjectAccessReview(ObjectNode review) {
    JsonNode spec = review.path("spec");
    List<String> groups = strings(spec.path("groups"));
    String name = spec.path("user").asText("");
    List<StatusCause> causes = attributeCauses(review);
    if (name.isEmpty() && groups.isEmpty()) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: \"\": at least one of user or group must be specified",
              "spec.user"));
    }
    refuse(causes);
    Map<String, List<String>> extra = new LinkedHashMap<>();
    spec.path("extra").properties().forEach(e -> extra.put(e.getKey(), strings(e.getValue())));
    return decide(review, new UserInfo(name, spec.path("uid").asText(""), groups, extra));
  }

  /** {@code LocalSubjectAccessReview}: anybody's rights in the namespace of the request. */
  public ObjectNode localSubjectAccessReview(String namespace, ObjectNode review) {
    String asked = review.path("spec").path("resourceAttributes").path("namespace").asText("");
    if (!asked.equals(namespace)) {
      refuse(
          List.of(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: \"" + asked + "\": must match metadata.namespace",
                  "spec.resourceAttributes.namespace")));
    }
    return subjectAccessReview(review);
  }

  /** {@code SelfSubjectAccessReview}: the asker's own rights. */
  public ObjectNode selfSubjectAccessReview(UserInfo user, ObjectNode review) {
    refuse(attributeCauses(review));
    return decide(review, user);
  }

  /** {@code SelfSubjectRulesReview}: the asker's own rules in a namespace. */
  public ObjectNode selfSubjectRulesReview(UserInfo user, ObjectNode review) {
    String namespace = review.path("spec").path("namespace").asText("");
    if (namespace.isEmpty()) {
      throw StatusException.badRequest("no namespace on request");
    }
    ObjectNode answer =
        Json.object()
            .put("kind", "SelfSubjectRulesReview")
            .put("apiVersion", review.path("apiVersion").asText(GROUP + "/v1"));
    answer.putObject("metadata");
    answer.putObject("spec");
    ObjectNode status = answer.putObject("status");
    ArrayNode resourceRules = status.putArray("resourceRules");
    ArrayNode nonResourceRules = status.putArray("nonResourceRules");
    List<PolicyRule> all = new ArrayList<>();
    if (user.groups().contains("system:masters")) {
      all.add(new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()));
      all.add(new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));
    }
    all.addAll(rules.apply(user, namespace));
    for (PolicyRule rule : all) {
      if (!rule.resources().isEmpty()) {
        ObjectNode node = resourceRules.addObject();
        put(node, "verbs", rule.verbs());
        put(node, "apiGroups", rule.apiGroups());
        put(node, "resources", rule.resources());
        if (!rule.resourceNames().isEmpty()) {
          put(node, "resourceNames", rule.resourceNames());
        }
      }
      if (!rule.nonResourceUrls().isEmpty()) {
        ObjectNode node = nonResourceRules.addObject();
        put(node, "verbs", rule.verbs());
        put(node, "nonResourceURLs", rule.nonResourceUrls());
      }
    }
    status.put("incomplete", false);
    return answer;
  }

  private ObjectNode decide(ObjectNode review, UserInfo user) {
    JsonNode resource = review.path("spec").path("resourceAttributes");
    JsonNode path = review.path("spec").path("nonResourceAttributes");
    AuthorizationAttributes attributes =
        resource.isObject()
            ? new AuthorizationAttributes(
                user,
                resource.path("verb").asText(""),
                true,
                resource.path("group").asText(""),
                resource.path("version").asText(""),
                resource.path("resource").asText(""),
                resource.path("subresource").asText(""),
                resource.path("namespace").asText(""),
                resource.path("name").asText(""),
                "")
            : new AuthorizationAttributes(
                user,
                path.path("verb").asText(""),
                false,
                "",
                "",
                "",
                "",
                "",
                "",
                path.path("path").asText(""));
    Authorizer.Answer answer = authorizer.authorize(attributes);
    ObjectNode status = review.putObject("status");
    status.put("allowed", answer.allowed());
    if (answer.decision() == Authorizer.Decision.DENY) {
      status.put("denied", true);
    }
    if (!answer.reason().isEmpty()) {
      status.put("reason", answer.reason());
    }
    return review;
  }

  private static List<StatusCause> attributeCauses(ObjectNode review) {
    JsonNode resource = review.path("spec").path("resourceAttributes");
    JsonNode path = review.path("spec").path("nonResourceAttributes");
    List<StatusCause> causes = new ArrayList<>();
    if (resource.isObject() && path.isObject()) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: cannot be specified in combination with resourceAttributes",
              "spec.nonResourceAttributes"));
    } else if (!resource.isObject() && !path.isObject()) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must"
                  + " be specified",
              "spec.resourceAttributes"));
    }
    return causes;
  }

  /** Kubernetes names no kind here. */
  private static void refuse(List<StatusCause> causes) {
    if (!causes.isEmpty()) {
      throw StatusException.invalid(GROUP, "", "", causes);
    }
  }

  private static ObjectNode user(UserInfo user) {
    ObjectNode node = Json.object().put("username", user.name());
    if (!user.uid().isEmpty()) {
      node.put("uid", user.uid());
    }
    if (!user.groups().isEmpty()) {
      put(node, "groups", user.groups());
    }
    if (!user.extra().isEmpty()) {
      ObjectNode extra = node.putObject("extra");
      user.extra().forEach((key, values) -> put(extra, key, values));
    }
    return node;
  }

  private static void put(ObjectNode node, String field, List<String> values) {
    ArrayNode array = node.putArray(field);
    values.forEach(array::add);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return strings;
  }
}
