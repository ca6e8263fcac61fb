package dev.coracle.auth.oidc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Yaml;
import dev.coracle.auth.ExpressionCompiler;
import dev.coracle.auth.ExpressionCompiler.Compiled;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.auth.oidc.JwtIssuer.ClaimRule;
import dev.coracle.auth.oidc.JwtIssuer.Extra;
import dev.coracle.auth.oidc.JwtIssuer.Mapping;
import dev.coracle.auth.oidc.JwtIssuer.Rule;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file of {@code --authentication-config}: {@code AuthenticationConfiguration} of {@code
 * apiserver.config.k8s.io} (KEP-3331).
 *
 * @param issuers the {@code jwt} entries
 * @param anonymous null when the file says nothing about it
 */
public record AuthenticationConfiguration(List<JwtIssuer> issuers, @Nullable Anonymous anonymous) {

  /**
   * Requests without credentials.
   *
   * @param paths where they are served; empty for everywhere
   */
  public record Anonymous(boolean enabled, Set<String> paths) {}

  private static final Pattern API_VERSION =
      Pattern.compile("apiserver\\.config\\.k8s\\.io/v1(alpha1|beta1)?");
  private static final Pattern EXTRA_KEY = Pattern.compile("[a-z0-9.-]+/[a-z0-9._~/-]+");

  /**
   * Reads a file's text.
   *
   * @param ownIssuers of ServiceAccount tokens, which no provider may claim
   * @throws IllegalArgumentException with the field and what is wrong with it
   */
  public static AuthenticationConfiguration read(
      byte[] text, List<String> ownIssuers, ExpressionCompiler compiler) {
    JsonNode root = Yaml.read(text);
    if (!API_VERSION.matcher(root.path("apiVersion").asText("")).matches()
        || !root.path("kind").asText("").equals("AuthenticationConfiguration")) {
      throw new IllegalArgumentException(
          "expected apiVersion apiserver.config.k8s.io/v1 and kind AuthenticationConfiguration");
    }
    only(root, "", "apiVersion", "kind", "jwt", "anonymous");
    List<JwtIssuer> issuers = new ArrayList<>();
    Set<String> urls = new HashSet<>();
    int index = 0;
    for (JsonNode entry : root.path("jwt")) {
      JwtIssuer issuer = new Reader("jwt[" + index + "]", ownIssuers, compiler).issuer(entry);
      if (!urls.add(issuer.url())) {
        throw invalid("jwt[" + index + "].issuer.url", "Duplicate value: \"" + issuer.url() + "\"");
      }
      issuers.add(issuer);
      index++;
    }
    return new AuthenticationConfiguration(issuers, anonymous(root.path("anonymous")));
  }

  private static @Nullable Anonymous anonymous(JsonNode node) {
    if (!node.isObject()) {
      return null;
    }
    only(node, "anonymous.", "enabled", "conditions");
    boolean enabled = node.path("enabled").asBoolean(false);
    Set<String> paths = new HashSet<>();
    for (JsonNode condition : node.path("conditions")) {
      only(condition, "anonymous.conditions.", "path");
      paths.add(condition.path("path").asText(""));
    }
    if (!enabled && !paths.isEmpty()) {
      throw invalid(
          "anonymous.conditions",
          "Invalid value: enabled should be set to true when conditions are defined");
    }
    return new Anonymous(enabled, paths);
  }

  private static void only(JsonNode node, String at, String... fields) {
    for (var field : node.properties()) {
      if (!List.of(fields).contains(field.getKey())) {
        throw new IllegalArgumentException(
            "strict decoding error: unknown field \"" + at + field.getKey() + "\"");
      }
    }
  }

  static IllegalArgumentException invalid(String field, String why) {
    return new IllegalArgumentException(field + ": " + why);
  }

  /** Reads one {@code jwt} entry. */
  private static final class Reader {

    private final String at;
    private final List<String> ownIssuers;
    private final ExpressionCompiler compiler;

    Reader(String at, List<String> ownIssuers, ExpressionCompiler compiler) {
      this.at = at;
      this.ownIssuers = ownIssuers;
      this.compiler = compiler;
    }

    JwtIssuer issuer(JsonNode entry) {
      only(
          entry,
          at + ".",
          "issuer",
          "claimValidationRules",
          "claimMappings",
          "userValidationRules");
      JsonNode issuer = entry.path("issuer");
      only(
          issuer,
          at + ".issuer.",
          "url",
          "discoveryURL",
          "certificateAuthority",
          "audiences",
          "audienceMatchPolicy");
      String url = issuer.path("url").asText("");
      String discovery = issuer.path("discoveryURL").asText("");
      checkUrl(url, at + ".issuer.url");
      if (ownIssuers.contains(url)) {
        throw invalid(
            at + ".issuer.url",
            "Invalid value: \""
                + url
                + "\": URL must not overlap with disallowed issuers: "
                + ownIssuers);
      }
      if (!discovery.isEmpty()) {
        checkUrl(discovery, at + ".issuer.discoveryURL");
        if (discovery.equals(url)) {
          throw invalid(
              at + ".issuer.discoveryURL",
              "Invalid value: \"" + discovery + "\": discoveryURL must be different from URL");
        }
      }
      JsonNode mappings = entry.path("claimMappings");
      only(mappings, at + ".claimMappings.", "username", "groups", "uid", "extra");
      return new JwtIssuer(
          url,
          discovery,
          authorities(issuer.path("certificateAuthority").asText("")),
          audiences(issuer),
          JwtIssuer.ALL_ALGORITHMS,
          claimRules(entry.path("claimValidationRules")),
          mapping(mappings.path("username"), at + ".claimMappings.username", true, true),
          mapping(mappings.path("groups"), at + ".claimMappings.groups", true, false),
          mapping(mappings.path("uid"), at + ".claimMappings.uid", false, false),
          extra(mappings.path("extra")),
          rules(entry.path("userValidationRules"), at + ".userValidationRules", "user"));
    }

    private static void checkUrl(String url, String field) {
      if (url.isEmpty()) {
        throw invalid(field, "Required value: URL is required");
      }
      URI uri;
      try {
        uri = URI.create(url);
      } catch (IllegalArgumentException e) {
        throw invalid(field, "Invalid value: \"" + url + "\": " + e.getMessage());
      }
      String why =
          !"https".equals(uri.getScheme())
              ? "URL scheme must be https"
              : uri.getHost() == null
                  ? "URL must have a host"
                  : uri.getRawUserInfo() != null
                      ? "URL must not contain a username or password"
                      : uri.getRawQuery() != null
                          ? "URL must not contain a query"
                          : uri.getRawFragment() != null ? "URL must not contain a fragment" : "";
      if (!why.isEmpty()) {
        throw invalid(field, "Invalid value: \"" + url + "\": " + why);
      }
    }

    private List<X509Certificate> authorities(String pem) {
      if (pem.isEmpty()) {
        return List.of();
      }
      List<X509Certificate> certificates;
      try {
        certificates = Pem.certificates(pem);
      } catch (IllegalArgumentException e) {
        certificates = List.of();
      }
      if (certificates.isEmpty()) {
        throw invalid(
            at + ".issuer.certificateAuthority",
            "Invalid value: \"<omitted>\": data does not contain any valid RSA or ECDSA"
                + " certificates");
      }
      return certificates;
    }

    private List<String> audiences(JsonNode issuer) {
      List<String> audiences = new ArrayList<>();
      issuer.path("audiences").forEach(audience -> audiences.add(audience.asText("")));
      String field = at + ".issuer.audiences";
      if (audiences.isEmpty()) {
        throw invalid(field, "Required value: at least one " + field + " is required");
      }
      for (int i = 0; i < audiences.size(); i++) {
        if (audiences.get(i).isEmpty()) {
          throw invalid(field + "[" + i + "]", "Required value: audience can't be empty");
        }
        if (audiences.indexOf(audiences.get(i)) < i) {
          throw invalid(field + "[" + i + "]", "Duplicate value: \"" + audiences.get(i) + "\"");
        }
      }
      String policy = issuer.path("audienceMatchPolicy").asText("");
      if (audiences.size() > 1 && !policy.equals("MatchAny")) {
        throw invalid(
            at + ".issuer.audienceMatchPolicy",
            "Invalid value: \""
                + policy
                + "\": audienceMatchPolicy must be MatchAny for multiple audiences");
      }
      if (!policy.isEmpty() && !policy.equals("MatchAny")) {
        throw invalid(
            at + ".issuer.audienceMatchPolicy",
            "Invalid value: \"" + policy + "\": audienceMatchPolicy must be empty or MatchAny");
      }
      return audiences;
    }

    private List<ClaimRule> claimRules(JsonNode rules) {
      List<ClaimRule> read = new ArrayList<>();
      int index = 0;
      for (JsonNode rule : rules) {
        String field = at + ".claimValidationRules[" + index++ + "]";
        only(rule, field + ".", "claim", "requiredValue", "expression", "message");
        String claim = rule.path("claim").asText("");
        String expression = rule.path("expression").asText("");
        if (claim.isEmpty() == expression.isEmpty()) {
          throw invalid(
              field,
              claim.isEmpty()
                  ? "Required value: claim or expression is required"
                  : "Invalid value: \"" + claim + "\": claim and expression can't both be set");
        }
        if (!claim.isEmpty() && rule.has("message")) {
          throw invalid(field + ".message", "message can't be set when claim is set");
        }
        if (!expression.isEmpty() && rule.has("requiredValue")) {
          throw invalid(
              field + ".requiredValue", "requiredValue can't be set when expression is set");
        }
        read.add(
            claim.isEmpty()
                ? new ClaimRule.Expressed(rule(rule, field, "claims"))
                : new ClaimRule.Required(claim, rule.path("requiredValue").asText("")));
      }
      return read;
    }

    private List<Rule> rules(JsonNode rules, String field, String variable) {
      List<Rule> read = new ArrayList<>();
      int index = 0;
      for (JsonNode rule : rules) {
        String entry = field + "[" + index++ + "]";
        only(rule, entry + ".", "expression", "message");
        if (rule.path("expression").asText("").isEmpty()) {
          throw invalid(entry + ".expression", "Required value: expression is required");
        }
        read.add(rule(rule, entry, variable));
      }
      return read;
    }

    private Rule rule(JsonNode rule, String field, String variable) {
      String expression = rule.path("expression").asText("");
      return new Rule(
          expression,
          compiled(expression, field + ".expression", variable),
          rule.path("message").asText(""));
    }

    private Compiled compiled(String expression, String field, String variable) {
      try {
        return compiler.compile(expression, Set.of(variable));
      } catch (IllegalArgumentException e) {
        throw invalid(
            field, "Invalid value: \"" + expression + "\": compilation failed: " + e.getMessage());
      }
    }

    private Mapping mapping(JsonNode mapping, String field, boolean prefixed, boolean required) {
      only(mapping, field + ".", "claim", "expression", prefixed ? "prefix" : "claim");
      String claim = mapping.path("claim").asText("");
      String expression = mapping.path("expression").asText("");
      if (!claim.isEmpty() && !expression.isEmpty()) {
        throw invalid(field, "Invalid value: \"\": claim and expression can't both be set");
      }
      if (claim.isEmpty() && expression.isEmpty()) {
        if (required) {
          throw invalid(field, "Required value: claim or expression is required");
        }
        if (mapping.has("prefix")) {
          throw invalid(field, "Invalid value: non-nil prefix can't be set without claim");
        }
        return Mapping.NONE;
      }
      if (!expression.isEmpty()) {
        if (mapping.has("prefix")) {
          throw invalid(
              field + ".prefix", "Invalid value: prefix can't be set when expression is set");
        }
        return new Mapping("", "", compiled(expression, field + ".expression", "claims"));
      }
      if (prefixed && !mapping.has("prefix")) {
        throw invalid(
            field + ".prefix",
            "Required value: prefix is required when claim is set. It can be set to an empty string"
                + " to disable prefixing");
      }
      return new Mapping(claim, mapping.path("prefix").asText(""), null);
    }

    private List<Extra> extra(JsonNode entries) {
      List<Extra> read = new ArrayList<>();
      Set<String> keys = new HashSet<>();
      int index = 0;
      for (JsonNode entry : entries) {
        String field = at + ".claimMappings.extra[" + index++ + "]";
        only(entry, field + ".", "key", "valueExpression");
        String key = entry.path("key").asText("");
        if (!EXTRA_KEY.matcher(key).matches()) {
          throw invalid(
              field + ".key",
              "Invalid value: \""
                  + key
                  + "\": must be a lowercase domain-prefixed path (such as"
                  + " \"acme.io/foo\")");
        }
        String domain = key.substring(0, key.indexOf('/'));
        if (domain.equals("kubernetes.io")
            || domain.endsWith(".kubernetes.io")
            || domain.equals("k8s.io")
            || domain.endsWith(".k8s.io")) {
          throw invalid(
              field + ".key",
              "Invalid value: \""
                  + key
                  + "\": k8s.io, kubernetes.io and their subdomains are"
                  + " reserved for Kubernetes use");
        }
        if (!keys.add(key)) {
          throw invalid(field + ".key", "Duplicate value: \"" + key + "\"");
        }
        String expression = entry.path("valueExpression").asText("");
        if (expression.isEmpty()) {
          throw invalid(field + ".valueExpression", "Required value: valueExpression is required");
        }
        read.add(new Extra(key, compiled(expression, field + ".valueExpression", "claims")));
      }
      return read;
    }
  }
}
