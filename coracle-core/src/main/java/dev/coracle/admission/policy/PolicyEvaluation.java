package dev.coracle.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.AdmissionValues;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.KubeObject;
import dev.coracle.schema.cel.AccessCheck;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.cel.CostBudget;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.ExpressionValues;
import dev.coracle.schema.cel.LazyVariables;
import java.util.HashMap;
import java.util.Map;

/** The expressions of one policy over one write, with one binding and parameter. */
final class PolicyEvaluation {

  private final KubeObject policy;
  private final Map<String, Object> values;
  private final AdmissionScope conditions;
  private final AdmissionScope scope;
  private final CostBudget budget = CostBudget.ofObject();

  /**
   * @param original the write as it was sent
   */
  PolicyEvaluation(
      Policies.Invocation invocation,
      AdmissionAttributes original,
      AdmissionRules rules,
      AccessCheck access) {
    this.policy = invocation.policy();
    KubeObject param = invocation.param();
    values =
        new HashMap<>(
            AdmissionValues.of(
                original,
                rules.versioned(original, invocation.match()),
                invocation.match(),
                rules.namespace(original),
                access));
    if (param != null) {
      values.put("params", ExpressionValues.of(param.tree()));
    }
    conditions = AdmissionScope.of(policy.at("spec", "paramKind").isObject(), true);
    LazyVariables variables = new LazyVariables(values, budget);
    values.put("variables", variables);
    scope = withVariables(policy.at("spec", "variables"), conditions, variables);
  }

  private static AdmissionScope withVariables(
      JsonNode declared, AdmissionScope outer, LazyVariables variables) {
    AdmissionScope scope = outer;
    for (JsonNode variable : declared) {
      String name = variable.path("name").asText();
      try {
        Expression expression = scope.compile(variable.path("expression").asText());
        variables.define(name, expression);
        scope = scope.withVariable(name, expression);
      } catch (ExpressionException e) {
        // Stored by a server that compiled it: whoever uses it fails with "no such key".
        scope = scope.withVariable(name);
      }
    }
    return scope;
  }

  /** Its {@code matchConditions}. */
  MatchConditions.Answer matches() {
    return MatchConditions.evaluate(
        policy.at("spec", "matchConditions"), conditions, values, Policies.ignoresErrors(policy));
  }

  Object evaluate(String source) throws ExpressionException {
    return scope.compile(source).evaluate(values, budget);
  }

  /** A mutation's value as JSON. */
  JsonNode evaluateMutation(String source) throws ExpressionException {
    return scope.compileMutation(source).evaluateMutation(values, budget);
  }

  /** Whether its expressions have cost more than all of them may. */
  boolean isOutOfBudget() {
    return budget.left() < 0;
  }

  /** As {@link #evaluate}, for expressions that may not ask for rights. */
  Object evaluateMessage(String source) throws ExpressionException {
    return scope.withoutAuthorizer().compile(source).evaluate(values, budget);
  }
}
