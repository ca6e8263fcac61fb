package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Webhook configurations and admission policies with their bindings. */
final class WebhookDefaults {

  private WebhookDefaults() {}

  static void apply(String kind, ObjectNode object) {
    switch (kind) {
      case "ValidatingWebhookConfiguration" -> webhooks(object, false);
      case "MutatingWebhookConfiguration" -> webhooks(object, true);
      case "ValidatingAdmissionPolicy" -> {
        policy(Fill.child(object, "spec"));
        Fill.child(object, "status");
      }
      case "MutatingAdmissionPolicy" -> {
        policy(Fill.child(object, "spec"));
        Fill.text(Fill.child(object, "spec"), "reinvocationPolicy", "Never");
      }
      case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding" -> {
        if (Fill.existing(Fill.child(object, "spec"), "matchResources") instanceof ObjectNode m) {
          match(m);
        }
      }
      default -> {}
    }
  }

  private static void webhooks(ObjectNode configuration, boolean mutating) {
    for (ObjectNode webhook : Fill.objects(configuration, "webhooks")) {
      Fill.text(webhook, "failurePolicy", "Fail");
      Fill.text(webhook, "matchPolicy", "Equivalent");
      Fill.child(webhook, "namespaceSelector");
      Fill.child(webhook, "objectSelector");
      Fill.number(webhook, "timeoutSeconds", 10);
      if (mutating) {
        Fill.text(webhook, "reinvocationPolicy", "Never");
      }
      scopes(webhook, "rules");
      servicePort(Fill.child(webhook, "clientConfig"));
    }
  }

  private static void scopes(ObjectNode holder, String field) {
    for (ObjectNode rule : Fill.objects(holder, field)) {
      Fill.text(rule, "scope", "*");
    }
  }

  static void servicePort(ObjectNode clientConfig) {
    if (Fill.existing(clientConfig, "service") instanceof ObjectNode service) {
      Fill.number(service, "port", 443);
    }
  }

  private static void policy(ObjectNode spec) {
    Fill.text(spec, "failurePolicy", "Fail");
    if (Fill.existing(spec, "matchConstraints") instanceof ObjectNode constraints) {
      match(constraints);
    }
  }

  private static void match(ObjectNode resources) {
    Fill.text(resources, "matchPolicy", "Equivalent");
    Fill.child(resources, "namespaceSelector");
    Fill.child(resources, "objectSelector");
    scopes(resources, "resourceRules");
    scopes(resources, "excludeResourceRules");
  }
}
