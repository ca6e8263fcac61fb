package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Webhook configurations and admission policies (expressions are compiled elsewhere). */
final class WebhookValidation {

  private static final List<String> OPERATIONS =
      List.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");

  private WebhookValidation() {}

  static void validate(String kind, ObjectNode object, FieldErrors errors) {
    switch (kind) {
      case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" -> {
        Set<String> names = new HashSet<>();
        for (Field webhook : Field.of(object, "webhooks", errors).items()) {
          webhook(webhook);
          if (!names.add(webhook.text("name"))) {
            webhook.child("name").duplicate();
          }
        }
      }
      case "ValidatingAdmissionPolicy" -> policy(Field.of(object, "spec", errors));
      case "ValidatingAdmissionPolicyBinding" -> {
        Field spec = Field.of(object, "spec", errors);
        spec.child("policyName").needed();
        Field actions = spec.child("validationActions");
        if (actions.blank()) {
          actions.required("");
        }
        for (Field action : actions.items()) {
          action.oneOf("Audit", "Deny", "Warn");
        }
      }
      case "MutatingAdmissionPolicyBinding" ->
          Field.of(object, "spec", errors).child("policyName").needed();
      default -> {}
    }
  }

  private static void webhook(Field webhook) {
    Field name = webhook.child("name");
    if (name.needed()) {
      name.invalid(Names.dns1123Subdomain(name.text()));
      if (name.text().split("\\.", -1).length < 3) {
        name.invalid("should be a domain with at least three segments separated by dots");
      }
    }
    for (Field rule : webhook.child("rules").items()) {
      rule(rule);
    }
    webhook.child("failurePolicy").oneOf("Fail", "Ignore");
    webhook.child("matchPolicy").oneOf("Equivalent", "Exact");
    webhook.child("sideEffects").neededOneOf("None", "NoneOnDryRun");
    webhook.child("reinvocationPolicy").oneOf("IfNeeded", "Never");
    Field timeout = webhook.child("timeoutSeconds");
    if (timeout.present() && (timeout.number() < 1 || timeout.number() > 30)) {
      timeout.invalid("the timeout value must be between 1 and 30 seconds");
    }
    Field versions = webhook.child("admissionReviewVersions");
    if (versions.blank()) {
      versions.required("must specify one of v1, v1beta1");
    }
    SelectorValidation.validate(webhook.child("namespaceSelector"));
    SelectorValidation.validate(webhook.child("objectSelector"));
    ClientConfigValidation.validate(webhook.child("clientConfig"));
  }

  private static void rule(Field rule) {
    for (String list : new String[] {"apiGroups", "apiVersions", "resources", "operations"}) {
      if (rule.child(list).blank()) {
        rule.child(list).required("");
      }
    }
    for (Field operation : rule.child("operations").items()) {
      if (!OPERATIONS.contains(operation.text())) {
        operation.errors().notSupported(operation.path(), operation.text(), OPERATIONS);
      }
    }
    rule.child("scope").oneOf("*", "Cluster", "Namespaced");
  }

  private static void policy(Field spec) {
    if (spec.child("validations").blank() && spec.child("auditAnnotations").blank()) {
      spec.child("validations")
          .required("validations or auditAnnotations must contain at least one item");
    }
    Field constraints = spec.child("matchConstraints");
    if (!constraints.present()) {
      constraints.required("");
    } else if (constraints.child("resourceRules").blank()) {
      constraints.child("resourceRules").required("");
    }
    for (Field rule : constraints.child("resourceRules").items()) {
      rule(rule);
    }
    for (Field check : spec.child("validations").items()) {
      check.child("expression").needed("expression is not specified");
    }
    spec.child("failurePolicy").oneOf("Fail", "Ignore");
  }
}
