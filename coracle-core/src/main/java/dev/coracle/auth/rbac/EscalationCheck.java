package dev.coracle.auth.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Operation;
import dev.coracle.api.StatusException;
import dev.coracle.api.UserInfo;
import dev.coracle.auth.AuthorizationAttributes;
import dev.coracle.auth.Authorizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Who writes a role must have each of its rights, or the verb {@code escalate} on roles; who writes
 * a binding must have each right of the role, or the verb {@code bind} on it (the Kubernetes page
 * "Using RBAC Authorization", privilege escalation prevention).
 */
public final class EscalationCheck {

  private static final String GROUP = "rbac.authorization.k8s.io";
  private static final List<PolicyRule> EVERYTHING =
      List.of(
          new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
          new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));

  private final RbacAuthorizer rbac;
  private final Authorizer authorizer;

  public EscalationCheck(RbacAuthorizer rbac, Authorizer authorizer) {
    this.rbac = rbac;
    this.authorizer = authorizer;
  }

  /**
   * @throws StatusException 403; 404 when a binding's role does not exist
   */
  public void check(AdmissionAttributes attributes) {
    boolean write =
        attributes.operation() == Operation.CREATE || attributes.operation() == Operation.UPDATE;
    if (!write
        || !attributes.resource().group().equals(GROUP)
        || attributes.user().groups().contains("system:masters")) {
      return;
    }
    ObjectNode object = attributes.object();
    if (object == null) {
      return;
    }
    KubeObject before = attributes.oldObject();
    JsonNode old = before == null ? MissingNode.getInstance() : before.tree();
    switch (attributes.resource().resource()) {
      case "roles", "clusterroles" -> role(attributes, object, old);
      case "rolebindings", "clusterrolebindings" -> binding(attributes, object, old);
      default -> {
        // Nothing else grants rights.
      }
    }
  }

  private void role(AdmissionAttributes attributes, ObjectNode role, JsonNode old) {
    if (changesForGarbageCollectionOnly(role, old)) {
      return;
    }
    if (may(attributes, "escalate", attributes.resource().resource(), attributes.name())) {
      return;
    }
    requireHeld(attributes, PolicyRule.read(role.path("rules")));
    boolean aggregates =
        role.path("aggregationRule").isObject() || old.path("aggregationRule").isObject();
    if (aggregates && !missing(attributes, EVERYTHING).isEmpty()) {
      throw refused(attributes, "must have cluster-admin privileges to use the aggregationRule");
    }
  }

  /**
   * Whether an update touches owners and finalizers alone. All else counts: a label may aggregate a
   * role into another.
   */
  private static boolean changesForGarbageCollectionOnly(ObjectNode now, JsonNode old) {
    return old.isObject() && comparable(now).equals(comparable(old));
  }

  private static ObjectNode comparable(JsonNode object) {
    ObjectNode copy = object.deepCopy();
    if (copy.get("metadata") instanceof ObjectNode metadata) {
      metadata.remove(
          List.of(
              "ownerReferences", "finalizers", "managedFields", "resourceVersion", "generation"));
    }
    return copy;
  }

  private void binding(AdmissionAttributes attributes, ObjectNode binding, JsonNode old) {
    if (changesForGarbageCollectionOnly(binding, old)) {
      return;
    }
    String kind = binding.path("roleRef").path("kind").asText();
    String name = binding.path("roleRef").path("name").asText();
    String resource = kind.equals("ClusterRole") ? "clusterroles" : "roles";
    if (may(attributes, "bind", resource, name)) {
      return;
    }
    List<PolicyRule> rules = rbac.rulesOf(kind, attributes.namespace(), name);
    if (rules == null) {
      throw StatusException.notFound(GROUP, resource, name);
    }
    requireHeld(attributes, rules);
  }

  private boolean may(AdmissionAttributes attributes, String verb, String resource, String name) {
    return authorizer
        .authorize(
            AuthorizationAttributes.resource(
                attributes.user(),
                verb,
                GroupVersionResource.of(GROUP, "v1", resource),
                "",
                attributes.namespace(),
                name))
        .allowed();
  }

  private void requireHeld(AdmissionAttributes attributes, List<PolicyRule> rules) {
    List<PolicyRule> missing = missing(attributes, rules);
    if (missing.isEmpty()) {
      return;
    }
    TreeSet<String> lines = new TreeSet<>();
    compact(missing).forEach(rule -> lines.add(rule.describe()));
    UserInfo user = attributes.user();
    throw refused(
        attributes,
        "user \""
            + user.name()
            + "\" (groups="
            + PolicyRule.quoted(user.groups())
            + ") is attempting to grant RBAC permissions not currently held:\n"
            + String.join("\n", lines));
  }

  private List<PolicyRule> missing(AdmissionAttributes attributes, List<PolicyRule> rules) {
    List<PolicyRule> held = rbac.rulesFor(attributes.user(), attributes.namespace());
    List<PolicyRule> missing = new ArrayList<>();
    for (PolicyRule rule : rules) {
      for (PolicyRule piece : rule.pieces()) {
        if (held.stream().noneMatch(one -> one.covers(piece))) {
          missing.add(piece);
        }
      }
    }
    return missing;
  }

  /** Pieces that differ in their verb alone become one rule. */
  private static List<PolicyRule> compact(List<PolicyRule> pieces) {
    Map<PolicyRule, List<String>> verbs = new LinkedHashMap<>();
    List<PolicyRule> result = new ArrayList<>();
    for (PolicyRule piece : pieces) {
      if (piece.nonResourceUrls().isEmpty()) {
        PolicyRule key =
            new PolicyRule(
                List.of(), piece.apiGroups(), piece.resources(), piece.resourceNames(), List.of());
        verbs.computeIfAbsent(key, any -> new ArrayList<>()).addAll(piece.verbs());
      } else {
        result.add(piece);
      }
    }
    verbs.forEach(
        (key, all) ->
            result.add(
                new PolicyRule(
                    List.copyOf(all),
                    key.apiGroups(),
                    key.resources(),
                    key.resourceNames(),
                    List.of())));
    return result;
  }

  private static StatusException refused(AdmissionAttributes attributes, String why) {
    return StatusException.forbidden(
        GROUP, attributes.resource().resource(), attributes.name(), why);
  }
}
