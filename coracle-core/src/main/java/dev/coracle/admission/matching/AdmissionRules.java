package dev.coracle.admission.matching;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.Operation;
import dev.coracle.api.ServedResources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a policy or webhook is about a write: its rules, and its selectors of namespaces and
 * objects ({@code admissionregistration.k8s.io/v1 MatchResources} and {@code RuleWithOperations}).
 */
public final class AdmissionRules {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupVersionResource NAMESPACES = GroupVersionResource.core("namespaces");
  private static final Set<String> EXEMPT =
      Set.of(
          "mutatingadmissionpolicies",
          "mutatingadmissionpolicybindings",
          "mutatingwebhookconfigurations",
          "validatingadmissionpolicies",
          "validatingadmissionpolicybindings",
          "validatingwebhookconfigurations");

  /** The version of the resource that a rule names. */
  public record Match(GroupVersionResource resource, GroupVersionKind kind) {}

  private final Supplier<Client> client;
  private final Supplier<ServedResources> versions;

  /**
   * @param client and {@code versions}: asked for at each write, so they may come to be later
   */
  public AdmissionRules(Supplier<Client> client, Supplier<ServedResources> versions) {
    this.client = client;
    this.versions = versions;
  }

  /** What is served. */
  public ServedResources served() {
    return versions.get();
  }

  /** What decides over admission itself is not decided by it: nobody locks themselves out. */
  public static boolean isExempt(AdmissionAttributes attributes) {
    return attributes.resource().group().equals(GROUP)
        && EXEMPT.contains(attributes.resource().resource());
  }

  /**
   * A {@code MatchResources}, as policies and bindings have it: no rules match everything.
   *
   * @return null when it does not match
   */
  public @Nullable Match match(JsonNode resources, AdmissionAttributes attributes) {
    if (!namespaceMatches(resources.path("namespaceSelector"), attributes)
        || !objectMatches(resources.path("objectSelector"), attributes)) {
      return null;
    }
    boolean equivalent = !resources.path("matchPolicy").asText("Equivalent").equals("Exact");
    if (rule(resources.path("excludeResourceRules"), attributes, equivalent) != null) {
      return null;
    }
    JsonNode rules = resources.path("resourceRules");
    return rules.isEmpty()
        ? new Match(attributes.resource(), attributes.kind())
        : rule(rules, attributes, equivalent);
  }

  /**
   * The rules and selectors of a webhook.
   *
   * @return null when it is not to be called
   */
  public @Nullable Match matchWebhook(JsonNode webhook, AdmissionAttributes attributes) {
    boolean equivalent = !webhook.path("matchPolicy").asText("Equivalent").equals("Exact");
    if (!objectMatches(webhook.path("objectSelector"), attributes)) {
      return null;
    }
    Match match = rule(webhook.path("rules"), attributes, equivalent);
    return match != null && namespaceMatches(webhook.path("namespaceSelector"), attributes)
        ? match
        : null;
  }

  private @Nullable Match rule(JsonNode rules, AdmissionAttributes attributes, boolean equivalent) {
    for (JsonNode rule : rules) {
      if (matches(rule, attributes)) {
        return new Match(attributes.resource(), attributes.kind());
      }
    }
    if (!equivalent || rules.isEmpty()) {
      return null;
    }
    List<ServedResources.Served> others =
        served().of(attributes.resource(), attributes.subresource());
    if (others.size() < 2) {
      return null;
    }
    for (JsonNode rule : rules) {
      for (ServedResources.Served other : others) {
        if (!other.resource().equals(attributes.resource())
            && matches(rule, attributes.at(other.resource()))) {
          return new Match(other.resource(), other.kind());
        }
      }
    }
    return null;
  }

  private static boolean matches(JsonNode rule, AdmissionAttributes attributes) {
    JsonNode names = rule.path("resourceNames");
    return has(rule.path("operations"), attributes.operation().name())
        && has(rule.path("apiGroups"), attributes.resource().group())
        && has(rule.path("apiVersions"), attributes.resource().version())
        && resourceMatches(rule.path("resources"), attributes)
        && scopeMatches(rule.path("scope").asText("*"), attributes)
        && (names.isEmpty() || has(names, attributes.name()));
  }

  private static boolean has(JsonNode values, String wanted) {
    for (JsonNode value : values) {
      if (value.asText().equals("*") || value.asText().equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@code *} is every resource, {@code *}{@code /*} with subresources, {@code pods/*} those of
   * one.
   */
  private static boolean resourceMatches(JsonNode resources, AdmissionAttributes attributes) {
    for (JsonNode value : resources) {
      String[] parts = value.asText().split("/", 2);
      String subresource = parts.length == 2 ? parts[1] : "";
      boolean resource = parts[0].equals("*") || parts[0].equals(attributes.resource().resource());
      if (resource && (subresource.equals("*") || subresource.equals(attributes.subresource()))) {
        return true;
      }
    }
    return false;
  }

  private static boolean scopeMatches(String scope, AdmissionAttributes attributes) {
    boolean namespaced = !attributes.namespace().isEmpty() && !isNamespace(attributes);
    return switch (scope) {
      case "Namespaced" -> namespaced;
      case "Cluster" -> !namespaced;
      default -> true;
    };
  }

  private static boolean isNamespace(AdmissionAttributes attributes) {
    return attributes.resource().group().isEmpty()
        && attributes.resource().resource().equals("namespaces");
  }

  /** A Namespace that is being written is judged by the labels that it would have. */
  private boolean namespaceMatches(JsonNode selector, AdmissionAttributes attributes) {
    if (selector.isEmpty() || (attributes.namespace().isEmpty() && !isNamespace(attributes))) {
      return true;
    }
    LabelSelector wanted = LabelSelector.of(selector);
    boolean written =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    if (isNamespace(attributes) && attributes.subresource().isEmpty() && written) {
      return wanted.matches(attributes.labels());
    }
    KubeObject namespace = client.get().find(NAMESPACES, "", attributes.namespace());
    if (namespace == null) {
      throw StatusException.notFound("", "namespaces", attributes.namespace());
    }
    return wanted.matches(namespace.labels());
  }

  /** The namespace of the write; null for cluster-scoped objects. */
  public @Nullable KubeObject namespace(AdmissionAttributes attributes) {
    return attributes.namespace().isEmpty() || isNamespace(attributes)
        ? null
        : client.get().find(NAMESPACES, "", attributes.namespace());
  }

  private static boolean objectMatches(JsonNode selector, AdmissionAttributes attributes) {
    if (selector.isEmpty()) {
      return true;
    }
    LabelSelector wanted = LabelSelector.of(selector);
    KubeObject old = attributes.oldObject();
    return (attributes.object() != null && wanted.matches(attributes.labels()))
        || (old != null && wanted.matches(old.labels()));
  }

  /** The write with its objects in the version of a match. */
  public AdmissionAttributes versioned(AdmissionAttributes attributes, Match match) {
    if (match.kind().equals(attributes.kind())) {
      return attributes;
    }
    KubeObject old = attributes.oldObject();
    return attributes.as(
        match.kind(),
        attributes.object() == null
            ? null
            : served().convert(attributes.object(), attributes.resource(), match.resource()),
        old == null
            ? null
            : KubeObject.of(served().convert(old.tree(), attributes.resource(), match.resource())));
  }

  /**
   * Takes over what something outside made of the object in the version of a match.
   *
   * @param changed as it came; what its kind does not know is dropped
   * @return whether the object is another now
   * @throws StatusException when it is no object of the kind
   */
  public boolean replace(
      AdmissionAttributes attributes,
      Match match,
      com.fasterxml.jackson.databind.node.ObjectNode changed) {
    var object = java.util.Objects.requireNonNull(attributes.object());
    var now = served().reread(match.kind(), match.resource(), changed);
    if (!match.kind().equals(attributes.kind())) {
      now = served().convert(now, match.resource(), attributes.resource());
    }
    if (now.equals(object)) {
      return false;
    }
    object.removeAll();
    object.setAll(now);
    return true;
  }
}
