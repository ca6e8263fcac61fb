package dev.coracle.auth.oidc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.ExpressionCompiler.Compiled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes a user of a token's claims, if the rules of its issuer let it. */
final class ClaimMapper {

  private static final String JTI = "authentication.kubernetes.io/credential-id";

  private final JwtIssuer issuer;

  ClaimMapper(JwtIssuer issuer) {
    this.issuer = issuer;
  }

  /**
   * @throws IllegalArgumentException with Kubernetes' words, when a rule does not hold or a claim
   *     is missing
   */
  UserInfo user(JsonNode claims) {
    for (JwtIssuer.ClaimRule rule : issuer.claimRules()) {
      switch (rule) {
        case JwtIssuer.ClaimRule.Required required -> require(claims, required);
        case JwtIssuer.ClaimRule.Expressed expressed -> {
          if (!holds(expressed.rule(), Map.of("claims", claims), "claims")) {
            throw refused(
                "error evaluating claim validation expression: " + text(expressed.rule()));
          }
        }
      }
    }
    String name = username(claims);
    List<String> groups = issuer.groups().isEmpty() ? List.of() : groups(claims);
    String uid = issuer.uid().isEmpty() ? "" : text(claims, issuer.uid(), "uid");
    Map<String, List<String>> extra = new LinkedHashMap<>();
    for (JwtIssuer.Extra entry : issuer.extra()) {
      List<String> values =
          strings(evaluate(entry.value(), claims, "extra"), "extra." + entry.key());
      if (!values.isEmpty()) {
        extra.put(entry.key(), values);
      }
    }
    String id = claims.path("jti").asText("");
    if (!id.isEmpty()) {
      extra.put(JTI, List.of("JTI=" + id));
    }
    UserInfo user = new UserInfo(name, uid, groups, extra);
    if (!issuer.userRules().isEmpty()) {
      Map<String, JsonNode> variables = Map.of("user", json(user));
      for (JwtIssuer.Rule rule : issuer.userRules()) {
        if (!holds(rule, variables, "user")) {
          throw refused("error evaluating user info validation rule: " + text(rule));
        }
      }
    }
    return user;
  }

  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException("oidc: " + why);
  }

  private static String text(JwtIssuer.Rule rule) {
    return "validation expression '"
        + rule.expression()
        + "' failed: "
        + (rule.message().isEmpty() ? rule.expression() + " failed" : rule.message());
  }

  private static void require(JsonNode claims, JwtIssuer.ClaimRule.Required rule) {
    JsonNode value = claims.get(rule.claim());
    if (value == null) {
      throw refused("required claim " + rule.claim() + " not present in ID token");
    }
    if (!value.isTextual() || !value.asText().equals(rule.value())) {
      throw refused(
          "required claim "
              + rule.claim()
              + " value does not match. Got = "
              + value.asText()
              + ", want = "
              + rule.value());
    }
  }

  private static boolean holds(
      JwtIssuer.Rule rule, Map<String, JsonNode> variables, String subject) {
    try {
      return rule.compiled().evaluate(variables).asBoolean(false);
    } catch (IllegalArgumentException e) {
      throw refused("error evaluating expression over " + subject + ": " + e.getMessage());
    }
  }

  private String username(JsonNode claims) {
    if (issuer.username().expression() == null && issuer.username().claim().equals("email")) {
      JsonNode verified = claims.get("email_verified");
      if (verified != null && !verified.asBoolean(false)) {
        throw refused(
            verified.isBoolean()
                ? "email not verified"
                : "parse email_verified claim: the value is not a boolean");
      }
    }
    String name = text(claims, issuer.username(), "username");
    if (name.isEmpty() && issuer.username().expression() != null) {
      throw refused("username claim expression returned an empty string");
    }
    return name;
  }

  private static String text(JsonNode claims, JwtIssuer.Mapping mapping, String what) {
    Compiled expression = mapping.expression();
    if (expression != null) {
      JsonNode value = evaluate(expression, claims, what);
      if (!value.isTextual()) {
        throw refused("error evaluating " + what + " claim expression: not a string");
      }
      return value.asText();
    }
    JsonNode value = claims.get(mapping.claim());
    if (value == null) {
      throw refused("parse " + what + " claims \"" + mapping.claim() + "\": claim not present");
    }
    if (!value.isTextual()) {
      throw refused("parse " + what + " claims \"" + mapping.claim() + "\": not a string");
    }
    return mapping.prefix() + value.asText();
  }

  private List<String> groups(JsonNode claims) {
    JwtIssuer.Mapping mapping = issuer.groups();
    Compiled expression = mapping.expression();
    if (expression != null) {
      return strings(evaluate(expression, claims, "groups"), "groups");
    }
    JsonNode value = claims.path(mapping.claim());
    List<String> groups = new ArrayList<>();
    if (!value.isMissingNode()) {
      for (String group : strings(value, mapping.claim())) {
        groups.add(mapping.prefix() + group);
      }
    }
    return groups;
  }

  private static JsonNode evaluate(Compiled expression, JsonNode claims, String what) {
    try {
      return expression.evaluate(Map.of("claims", claims));
    } catch (IllegalArgumentException e) {
      throw refused("error evaluating " + what + " claim expression: " + e.getMessage());
    }
  }

  /** A string or a list of them; empty strings don't count. */
  private static List<String> strings(JsonNode value, String what) {
    List<String> strings = new ArrayList<>();
    if (value.isTextual()) {
      strings.add(value.asText());
    } else if (value.isArray()) {
      for (JsonNode item : value) {
        if (!item.isTextual()) {
          throw refused("parse claim \"" + what + "\": not a list of strings");
        }
        strings.add(item.asText());
      }
    } else if (!value.isNull()) {
      throw refused("parse claim \"" + what + "\": neither a string nor a list of strings");
    }
    strings.removeIf(String::isEmpty);
    return strings;
  }

  private static JsonNode json(UserInfo user) {
    ObjectNode node = Json.object().put("username", user.name()).put("uid", user.uid());
    var groups = node.putArray("groups");
    user.groups().forEach(groups::add);
    ObjectNode extra = node.putObject("extra");
    user.extra()
        .forEach(
            (key, values) -> {
              var array = extra.putArray(key);
              values.forEach(array::add);
            });
    return node;
  }
}
