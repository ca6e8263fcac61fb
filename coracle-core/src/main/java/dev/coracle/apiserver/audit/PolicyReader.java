package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a policy's rules and gathers everything that is wrong with them. */
final class PolicyReader {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyReader.class);
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Set<String> POLICY_FIELDS =
      Set.of("apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields");
  private static final Set<String> RULE_FIELDS =
      Set.of(
          "level",
          "users",
          "userGroups",
          "verbs",
          "resources",
          "namespaces",
          "nonResourceURLs",
          "omitStages",
          "omitManagedFields");
  private static final Set<String> RESOURCE_FIELDS = Set.of("group", "resources", "resourceNames");

  private final JsonNode policy;
  private final List<String> errors = new ArrayList<>();

  PolicyReader(JsonNode policy) {
    this.policy = policy;
  }

  /**
   * @throws IllegalArgumentException with all errors
   */
  List<PolicyRule> rules() {
    unknown(policy, POLICY_FIELDS, "");
    Set<Stage> everywhere = EnumSet.noneOf(Stage.class);
    for (String stage : strings(policy, "omitStages", "")) {
      Stage known = Stage.of(stage);
      if (known != null) {
        everywhere.add(known);
      }
    }
    boolean omitManagedFields = policy.path("omitManagedFields").asBoolean(false);
    List<PolicyRule> rules = new ArrayList<>();
    JsonNode list = policy.path("rules");
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw broken("rules", list);
    }
    int index = 0;
    for (JsonNode rule : list) {
      rules.add(rule(rule, "rules[" + index++ + "]", everywhere, omitManagedFields));
    }
    if (errors.size() == 1) {
      throw new IllegalArgumentException(errors.getFirst());
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("[" + String.join(", ", errors) + "]");
    }
    return rules;
  }

  private PolicyRule rule(
      JsonNode rule, String path, Set<Stage> everywhere, boolean omitManagedFields) {
    unknown(rule, RULE_FIELDS, path + ".");
    Level level = level(rule.path("level").asText(""), path + ".level");
    List<String> urls = strings(rule, "nonResourceURLs", path);
    checkUrls(urls, path + ".nonResourceURLs");
    List<PolicyRule.GroupResources> resources = resources(rule, path + ".resources");
    Set<Stage> omitted = EnumSet.copyOf(everywhere);
    int index = 0;
    for (String stage : strings(rule, "omitStages", path)) {
      Stage known = Stage.of(stage);
      if (known == null) {
        invalid(
            path + ".omitStages[" + index + "]",
            quote(stage),
            "allowed stages are "
                + String.join(",", Arrays.stream(Stage.values()).map(Stage::text).toList()));
      } else {
        omitted.add(known);
      }
      index++;
    }
    List<String> namespaces = strings(rule, "namespaces", path);
    if (!urls.isEmpty() && (!resources.isEmpty() || !namespaces.isEmpty())) {
      invalid(
          path + ".nonResourceURLs",
          goList(urls),
          "rules cannot apply to both regular resources and non-resource URLs");
    }
    JsonNode own = rule.path("omitManagedFields");
    return new PolicyRule(
        level,
        strings(rule, "users", path),
        strings(rule, "userGroups", path),
        strings(rule, "verbs", path),
        resources,
        namespaces,
        urls,
        omitted,
        own.isBoolean() ? own.asBoolean() : omitManagedFields);
  }

  private Level level(String text, String path) {
    if (text.isEmpty()) {
      errors.add(path + ": Required value");
      return Level.NONE;
    }
    Level level = Level.of(text);
    if (level == null) {
      errors.add(
          path
              + ": Unsupported value: "
              + quote(text)
              + ": supported values: "
              + String.join(
                  ", ", Arrays.stream(Level.values()).map(known -> quote(known.text())).toList()));
      return Level.NONE;
    }
    return level;
  }

  private void checkUrls(List<String> urls, String path) {
    for (int i = 0; i < urls.size(); i++) {
      String url = urls.get(i);
      if (url.equals("*")) {
        continue;
      }
      if (!url.startsWith("/")) {
        invalid(
            path + "[" + i + "]",
            quote(url),
            "non-resource URL rules must begin with a '/' character");
      }
      int star = url.indexOf('*');
      if (star >= 0 && star < url.length() - 1) {
        invalid(
            path + "[" + i + "]",
            quote(url),
            "non-resource URL wildcards '*' must be the final character of the rule");
      }
    }
  }

  private List<PolicyRule.GroupResources> resources(JsonNode rule, String path) {
    List<PolicyRule.GroupResources> resources = new ArrayList<>();
    JsonNode list = rule.path("resources");
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw broken(path, list);
    }
    int index = 0;
    for (JsonNode each : list) {
      unknown(each, RESOURCE_FIELDS, path + "[" + index++ + "].");
      String group = each.path("group").asText("");
      List<String> names = strings(each, "resourceNames", path);
      List<String> plurals = strings(each, "resources", path);
      if (!group.isEmpty() && (group.length() > 253 || !SUBDOMAIN.matcher(group).matches())) {
        invalid(
            path + ".group",
            quote(group),
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters,"
                + " '-' or '.', and must start and end with an alphanumeric character (e.g."
                + " 'example.com', regex used for validation is"
                + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
      }
      if (!names.isEmpty() && plurals.isEmpty()) {
        invalid(
            path + ".resourceNames",
            goList(names),
            "using resourceNames requires at least one resource");
      }
      resources.add(new PolicyRule.GroupResources(group, plurals, names));
    }
    return resources;
  }

  private static List<String> strings(JsonNode node, String field, String path) {
    JsonNode list = node.path(field);
    if (list.isMissingNode() || list.isNull()) {
      return List.of();
    }
    if (!list.isArray()) {
      throw broken(path.isEmpty() ? field : path + "." + field, list);
    }
    List<String> strings = new ArrayList<>(list.size());
    for (JsonNode each : list) {
      if (!each.isTextual()) {
        throw broken(path.isEmpty() ? field : path + "." + field, each);
      }
      strings.add(each.asText());
    }
    return List.copyOf(strings);
  }

  /** A field that nobody knows is a warning only, as for older policies in kube-apiserver. */
  private static void unknown(JsonNode node, Set<String> known, String path) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        LOG.warn("audit policy: strict decoding error: unknown field \"{}{}\"", path, name);
      }
    }
  }

  private static IllegalArgumentException broken(String path, JsonNode found) {
    return new IllegalArgumentException(
        "failed decoding: json: cannot unmarshal "
            + (found.isObject() ? "object" : found.isTextual() ? "string" : "number")
            + " into Go struct field Policy."
            + path);
  }

  private void invalid(String path, String value, String why) {
    errors.add(path + ": Invalid value: " + value + ": " + why);
  }

  private static String quote(String text) {
    return Json.object().textNode(text).toString();
  }

  private static String goList(List<String> values) {
    return "[" + String.join(",", values.stream().map(PolicyReader::quote).toList()) + "]";
  }
}
