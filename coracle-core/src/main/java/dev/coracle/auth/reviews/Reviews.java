package dev.coracle.auth.reviews;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthenticationRequest;
import dev.coracle.auth.Authenticator;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.BearerTokenAuthenticator;
import dev.coracle.auth.TokenAuthenticator;
import dev.coracle.auth.rbac.PolicyRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Answers reviews; every method completes the given body in place and returns it. */
public final class Reviews {

  private static final String GROUP = "authorization.k8s.io";

  private final TokenAuthenticator tokens;
  private final Authorizer authorizer;
  private final BiFunction<UserInfo, String, Rules> rules;
  private final List<String> apiAudiences;

  /**
   * @param tokens all authenticators of tokens
   * @param rules the rules of a user in a namespace
   */
  public Reviews(
      TokenAuthenticator tokens,
      Authorizer authorizer,
      BiFunction<UserInfo, String, Rules> rules,
      List<String> apiAudiences) {
    this.tokens = tokens;
    this.authorizer = authorizer;
    this.rules = rules;
    this.apiAudiences = apiAudiences;
  }

  /**
   * What a user may do, as far as it can be told.
   *
   * @param error why the rules are not all; empty when they are
   */
  public record Rules(List<PolicyRule> rules, String error) {}

  /** {@code authentication.k8s.io/v1 TokenReview}. */
  public ObjectNode tokenReview(ObjectNode review) {
    JsonNode spec = review.path("spec");
    String token = spec.path("token").asText("");
    if (token.isEmpty()) {
      throw StatusException.badRequest("token is required for TokenReview in authentication");
    }
    List<String> asked = strings(spec.path("audiences"));
    List<String> audiences = asked.isEmpty() ? apiAudiences : asked;
    Authenticator.Result result =
        Authenticator.union(
                List.of(
                    // The API server's own credentials come first there, and say this of all
                    // others.
                    any -> new Authenticator.Result.Rejected("invalid bearer token"),
                    new BearerTokenAuthenticator(tokens, audiences)))
            .authenticate(
                new AuthenticationRequest(
                    Map.of("authorization", List.of("Bearer " + token)), List.of(), null));
    ObjectNode status = review.putObject("status");
    switch (result) {
      case Authenticator.Result.Authenticated good -> {
        status.put("authenticated", true);
        status.set("user", user(good.user()));
        ArrayNode accepted = status.putArray("audiences");
        good.audiences().forEach(accepted::add);
      }
      case Authenticator.Result.Rejected bad -> {
        status.put("error", bad.why());
        status.putObject("user");
      }
      case Authenticator.Result.Anonymous none -> status.putObject("user");
    }
    return review;
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
    spec.path("extra")
        .properties()
        .forEach(
            e -> extra.put(e.getKey().toLowerCase(java.util.Locale.ROOT), strings(e.getValue())));
    return decide(review, new UserInfo(name, spec.path("uid").asText(""), groups, extra));
  }

  /** {@code LocalSubjectAccessReview}: anybody's rights in the namespace of the request. */
  public ObjectNode localSubjectAccessReview(String namespace, ObjectNode review) {
    if (review.path("spec").path("nonResourceAttributes").isObject()) {
      refuse(
          List.of(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: disallowed on this kind of request",
                  "spec.nonResourceAttributes")));
    }
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
    Rules known = rules.apply(user, namespace);
    all.addAll(known.rules());
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
    status.put("incomplete", !known.error().isEmpty());
    if (!known.error().isEmpty()) {
      status.put("evaluationError", known.error());
    }
    return answer;
  }

  private ObjectNode decide(ObjectNode review, UserInfo user) {
    JsonNode resource = review.path("spec").path("resourceAttributes");
    JsonNode path = review.path("spec").path("nonResourceAttributes");
    AuthorizationAttributes attributes =
        resource.isObject()
            ? AuthorizationAttributes.resource(
                    user,
                    resource.path("verb").asText(""),
                    GroupVersionResource.of(
                        resource.path("group").asText(""),
                        resource.path("version").asText(""),
                        resource.path("resource").asText("")),
                    resource.path("subresource").asText(""),
                    resource.path("namespace").asText(""),
                    resource.path("name").asText(""))
                .withSelectors(
                    SelectorAttributes.fields(resource), SelectorAttributes.labels(resource))
            : AuthorizationAttributes.nonResource(
                user, path.path("verb").asText(""), path.path("path").asText(""));
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
    SelectorAttributes.check(resource, causes);
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
