package dev.coracle.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.schema.cel.AccessCheck;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.ExpressionValues;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Policies in CEL: a write is refused, warned of, or noted in the audit log, where a validation of
 * a bound policy is false (ValidatingAdmissionPolicy).
 */
public final class ValidatingPolicies implements AdmissionPlugin {

  private static final String FAILURE = "validation.policy.admission.k8s.io/validation_failure";
  private static final int MOST_ANNOTATION_BYTES = 10 * 1024;
  private static final int MOST_MESSAGE_BYTES = 5 * 1024;

  private final Policies policies;
  private final AdmissionRules rules;
  private final AccessCheck access;

  public ValidatingPolicies(Supplier<Client> client, AdmissionRules rules, AccessCheck access) {
    this.rules = rules;
    this.access = access;
    this.policies =
        new Policies(
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            rules,
            new PolicyParams(client, rules::served));
  }

  @Override
  public String name() {
    return "ValidatingAdmissionPolicy";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    List<PolicyDenial> denials = new ArrayList<>();
    Map<String, Set<String>> annotations = new TreeMap<>();
    List<Policies.Invocation> about =
        policies.about(
            attributes,
            (policy, binding, why) -> {
              if (!Policies.ignoresErrors(policy)) {
                denials.add(new PolicyDenial(policy, binding, why, "Invalid"));
              }
            });
    for (Policies.Invocation invocation : about) {
      new One(invocation, attributes, denials, annotations).run();
    }
    annotations.forEach(
        (key, values) -> attributes.auditAnnotations().putIfAbsent(key, String.join(", ", values)));
    if (!denials.isEmpty()) {
      throw denials.getFirst().refusal("ValidatingAdmissionPolicy", attributes);
    }
  }

  /** One policy with one binding and parameter, over one write. */
  private final class One {

    private final AdmissionAttributes attributes;
    private final KubeObject policy;
    private final KubeObject binding;
    private final List<PolicyDenial> denials;
    private final Map<String, Set<String>> annotations;
    private final Policies.Invocation invocation;

    One(
        Policies.Invocation invocation,
        AdmissionAttributes attributes,
        List<PolicyDenial> denials,
        Map<String, Set<String>> annotations) {
      this.invocation = invocation;
      this.attributes = attributes;
      this.policy = invocation.policy();
      this.binding = invocation.binding();
      this.denials = denials;
      this.annotations = annotations;
    }

    void run() {
      PolicyEvaluation evaluation;
      try {
        evaluation = new PolicyEvaluation(invocation, attributes, rules, access);
      } catch (StatusException e) {
        failed("failed to convert object version: " + e.status().message(), 0);
        return;
      }
      MatchConditions.Answer matches = evaluation.matches();
      if (matches.error() != null) {
        failed(matches.error(), 0);
        return;
      }
      if (!matches.matches()) {
        return;
      }
      int index = 0;
      for (JsonNode validation : policy.at("spec", "validations")) {
        validate(evaluation, validation, index++);
        if (evaluation.isOutOfBudget()) {
          failed(MatchConditions.OUT_OF_BUDGET, 0);
          return;
        }
      }
      for (JsonNode annotation : policy.at("spec", "auditAnnotations")) {
        annotate(evaluation, annotation);
      }
    }

    private void validate(PolicyEvaluation evaluation, JsonNode validation, int index) {
      String source = validation.path("expression").asText();
      try {
        if (!Boolean.TRUE.equals(evaluation.evaluate(source))) {
          String reason = validation.path("reason").asText("Invalid");
          act(message(evaluation, validation, source), reason, index);
        }
      } catch (ExpressionException e) {
        failed("expression '" + source + "' resulted in error: " + e.reason(), index);
      }
    }

    private static String message(PolicyEvaluation evaluation, JsonNode validation, String source) {
      String computed = validation.path("messageExpression").asText("");
      if (!computed.isEmpty()) {
        try {
          if (evaluation.evaluateMessage(computed) instanceof String text
              && !text.isBlank()
              && text.strip().length() <= MOST_MESSAGE_BYTES
              && text.strip().indexOf('\n') < 0) {
            return text.strip();
          }
        } catch (ExpressionException e) {
          return fixedMessage(validation, source);
        }
      }
      return fixedMessage(validation, source);
    }

    private static String fixedMessage(JsonNode validation, String source) {
      String message = validation.path("message").asText("").strip();
      return message.isEmpty() ? "failed expression: " + source.strip() : message;
    }

    private void annotate(PolicyEvaluation evaluation, JsonNode annotation) {
      String source = annotation.path("valueExpression").asText();
      String key = policy.name() + "/" + annotation.path("key").asText();
      try {
        Object value = evaluation.evaluate(source);
        if (value instanceof String text && !text.isBlank()) {
          String shown = text.strip();
          annotations
              .computeIfAbsent(key, any -> new LinkedHashSet<>())
              .add(
                  shown.length() > MOST_ANNOTATION_BYTES
                      ? shown.substring(0, MOST_ANNOTATION_BYTES)
                      : shown);
        } else if (!(value instanceof String) && !value.equals(ExpressionValues.nothing())) {
          deny(
              "valueExpression '"
                  + source
                  + "' resulted in unsupported return type: "
                  + value.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT)
                  + ". Return type must be either string or null.");
        }
      } catch (ExpressionException e) {
        if (!Policies.ignoresErrors(policy)) {
          deny("expression '" + source + "' resulted in error: " + e.reason());
        }
      }
    }

    private void failed(String why, int index) {
      if (!Policies.ignoresErrors(policy)) {
        act(why, "Invalid", index);
      }
    }

    private void deny(String message) {
      denials.add(new PolicyDenial(policy, binding, message, "Invalid"));
    }

    private void act(String message, String reason, int index) {
      for (JsonNode action : binding.at("spec", "validationActions")) {
        switch (action.asText()) {
          case "Deny" -> denials.add(new PolicyDenial(policy, binding, message, reason));
          case "Warn" ->
              attributes
                  .warnings()
                  .add(
                      "Validation failed for ValidatingAdmissionPolicy '"
                          + policy.name()
                          + "' with binding '"
                          + binding.name()
                          + "': "
                          + message);
          case "Audit" -> attributes.auditAnnotations().putIfAbsent(FAILURE, note(message, index));
          default -> {
            // Validation lets no other action be stored.
          }
        }
      }
    }

    private String note(String message, int index) {
      ArrayNode failures = Json.array();
      ObjectNode failure = failures.addObject();
      failure
          .put("message", message)
          .put("policy", policy.name())
          .put("binding", binding.name())
          .put("expressionIndex", index)
          .set("validationActions", binding.at("spec", "validationActions"));
      return failures.toString();
    }
  }
}
