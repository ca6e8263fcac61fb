package dev.coracle.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.Reinvocation;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.schema.Schema;
import dev.coracle.schema.cel.AccessCheck;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.managedfields.Applying;
import dev.coracle.schema.patch.JsonPatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Policies in CEL that change what is written, by apply configurations and JSON patches
 * (MutatingAdmissionPolicy).
 */
public final class MutatingPolicies implements AdmissionPlugin {

  private final Policies policies;
  private final AdmissionRules rules;
  private final AccessCheck access;
  private final Function<GroupVersionKind, @Nullable Schema> schemas;

  /**
   * @param schemas of the kinds that are served
   */
  public MutatingPolicies(
      Supplier<Client> client,
      AdmissionRules rules,
      AccessCheck access,
      Function<GroupVersionKind, @Nullable Schema> schemas) {
    this.rules = rules;
    this.access = access;
    this.schemas = schemas;
    this.policies =
        new Policies(
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            rules,
            new PolicyParams(client, rules::served));
  }

  @Override
  public String name() {
    return "MutatingAdmissionPolicy";
  }

  /** Which policies were applied, and which are to be once more. */
  private static final class Round {
    private final Set<String> applied = new HashSet<>();
    private final Set<String> again = new HashSet<>();
    private @Nullable ObjectNode left;

    void changed() {
      again.addAll(applied);
      applied.clear();
    }
  }

  @Override
  public void admit(AdmissionAttributes attributes, Reinvocation reinvocation) {
    List<PolicyDenial> denials = new ArrayList<>();
    List<Policies.Invocation> about =
        policies.about(attributes, (policy, binding, why) -> failed(policy, binding, why, denials));
    if (!about.isEmpty()) {
      Round round = reinvocation.memory(name(), Round::new);
      if (reinvocation.isAgain() && !Objects.equals(round.left, attributes.object())) {
        round.changed();
      }
      for (Policies.Invocation invocation : about) {
        apply(invocation, attributes, reinvocation, round, denials);
      }
      ObjectNode object = attributes.object();
      round.left = object == null ? null : object.deepCopy();
    }
    if (!denials.isEmpty()) {
      throw denials.getFirst().refusalOfMutation(attributes, denials);
    }
  }

  private static void failed(
      KubeObject policy, @Nullable KubeObject binding, String why, List<PolicyDenial> denials) {
    if (!Policies.ignoresErrors(policy)) {
      denials.add(new PolicyDenial(policy, binding, why, "Invalid"));
    }
  }

  private void apply(
      Policies.Invocation invocation,
      AdmissionAttributes attributes,
      Reinvocation reinvocation,
      Round round,
      List<PolicyDenial> denials) {
    KubeObject policy = invocation.policy();
    PolicyEvaluation evaluation = new PolicyEvaluation(invocation, attributes, rules, access);
    MatchConditions.Answer matches = evaluation.matches();
    if (matches.error() != null) {
      failed(policy, invocation.binding(), matches.error(), denials);
      return;
    }
    KubeObject param = invocation.param();
    String key =
        policy.name()
            + "/"
            + invocation.binding().name()
            + (param == null ? "" : "/" + param.namespace() + "/" + param.name());
    if (!matches.matches() || (reinvocation.isAgain() && !round.again.contains(key))) {
      return;
    }
    boolean changed = false;
    for (JsonNode mutation : policy.at("spec", "mutations")) {
      if (attributes.object() == null) {
        continue;
      }
      try {
        changed |= mutate(mutation, invocation, attributes);
      } catch (ExpressionException e) {
        failed(policy, invocation.binding(), e.reason(), denials);
      } catch (IllegalArgumentException e) {
        failed(policy, invocation.binding(), String.valueOf(e.getMessage()), denials);
      }
    }
    if (changed) {
      round.changed();
      reinvocation.want();
    }
    if (policy.text("spec", "reinvocationPolicy").equals("IfNeeded")) {
      round.applied.add(key);
    }
  }

  private boolean mutate(
      JsonNode mutation, Policies.Invocation invocation, AdmissionAttributes attributes)
      throws ExpressionException {
    // Each mutation sees what those before it have made of the object.
    PolicyEvaluation evaluation = new PolicyEvaluation(invocation, attributes, rules, access);
    AdmissionAttributes write = rules.versioned(attributes, invocation.match());
    ObjectNode object = Objects.requireNonNull(write.object());
    boolean patch = mutation.path("patchType").asText().equals("JSONPatch");
    String source =
        mutation.path(patch ? "jsonPatch" : "applyConfiguration").path("expression").asText();
    JsonNode value;
    try {
      value = evaluation.evaluateMutation(source);
    } catch (ExpressionException e) {
      if (e.reason().startsWith("type mismatch: ")) {
        throw e;
      }
      throw new IllegalArgumentException(
          "expression '" + source + "' resulted in error: " + e.reason(), e);
    }
    ObjectNode changed = patch ? patched(object, value) : applied(object, value, invocation);
    return changed != null && rules.replace(attributes, invocation.match(), changed);
  }

  /** Null when a test of the patch fails: then nothing is changed. */
  private static @Nullable ObjectNode patched(ObjectNode object, JsonNode operations) {
    ObjectNode patched = object;
    for (JsonNode operation : operations) {
      ArrayNode one = Json.array().add(operation);
      try {
        patched = JsonPatch.parse(Json.write(one)).apply(patched);
      } catch (StatusException e) {
        if (operation.path("op").asText().equals("test")) {
          return null;
        }
        throw new IllegalArgumentException(
            "JSONPath: "
                + operation.path("op").asText()
                + " operation does not apply: doc is missing path: \""
                + operation.path("path").asText()
                + "\": missing value",
            e);
      }
    }
    return patched;
  }

  private ObjectNode applied(ObjectNode object, JsonNode value, Policies.Invocation invocation) {
    GroupVersionKind kind = invocation.match().kind();
    Schema schema = schemas.apply(kind);
    if (schema == null) {
      throw StatusException.serviceUnavailable(
          "Resource kind "
              + kind.apiVersion()
              + ", Kind="
              + kind.kind()
              + " not found. There can be a delay between when CustomResourceDefinitions are"
              + " created and when they are available.");
    }
    ObjectNode configuration = Json.object();
    configuration.setAll((ObjectNode) value);
    configuration.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
    try {
      return Applying.merge(object, configuration, schema);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("error applying patch: " + e.getMessage(), e);
    }
  }
}
