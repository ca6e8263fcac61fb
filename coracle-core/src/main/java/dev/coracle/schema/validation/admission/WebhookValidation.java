package dev.coracle.schema.validation.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.validation.field.ClientConfigValidation;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.SelectorValidation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code MutatingWebhookConfiguration} and {@code ValidatingWebhookConfiguration}. */
public final class WebhookValidation {

  private static final List<String> REVIEWS = List.of("v1", "v1beta1");

  private WebhookValidation() {}

  /**
   * @param old null on create
   */
  public static void validate(ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    boolean sameConditions = old != null && conditions(object).equals(conditions(old));
    for (Field webhook : Field.of(object, "webhooks", errors).items()) {
      webhook(webhook, sameConditions);
      String name = webhook.text("name");
      if (!name.isEmpty() && !names.add(name)) {
        webhook.child("name").duplicate();
      }
    }
  }

  private static List<Object> conditions(ObjectNode configuration) {
    List<Object> conditions = new ArrayList<>();
    configuration.path("webhooks").forEach(hook -> conditions.add(hook.path("matchConditions")));
    return conditions;
  }

  private static void webhook(Field webhook, boolean sameConditions) {
    name(webhook.child("name"));
    for (Field rule : webhook.child("rules").items()) {
      AdmissionRuleValidation.rule(rule);
    }
    webhook.child("failurePolicy").oneOf("Fail", "Ignore");
    webhook.child("matchPolicy").oneOf("Equivalent", "Exact");
    Field sideEffects = webhook.child("sideEffects");
    if (sideEffects.blank()) {
      sideEffects.required("must specify one of None, NoneOnDryRun");
    } else {
      sideEffects.oneOf("None", "NoneOnDryRun");
    }
    Field timeout = webhook.child("timeoutSeconds");
    if (timeout.present() && (timeout.number() < 1 || timeout.number() > 30)) {
      timeout.invalid("the timeout value must be between 1 and 30 seconds");
    }
    SelectorValidation.validate(webhook.child("namespaceSelector"));
    SelectorValidation.validate(webhook.child("objectSelector"));
    webhook.child("reinvocationPolicy").oneOf("IfNeeded", "Never");
    ClientConfigValidation.validate(webhook.child("clientConfig"));
    if (!sameConditions) {
      AdmissionRuleValidation.conditions(
          webhook.child("matchConditions"), AdmissionScope.of(false, true));
    }
    reviews(webhook.child("admissionReviewVersions"));
  }

  private static void name(Field name) {
    if (!name.needed()) {
      return;
    }
    List<String> problems = Names.dns1123Subdomain(name.text());
    if (!problems.isEmpty()) {
      name.invalid(String.join(",", problems));
    } else if (name.text().split("\\.", -1).length < 3) {
      name.invalid("should be a domain with at least three segments separated by dots");
    }
  }

  private static void reviews(Field versions) {
    if (versions.blank()) {
      versions.required("must specify one of v1, v1beta1");
      return;
    }
    Set<String> seen = new HashSet<>();
    boolean known = false;
    for (Field version : versions.items()) {
      if (!seen.add(version.text())) {
        version.invalid("duplicate version");
        continue;
      }
      version.invalid(Names.dns1035Label(version.text()));
      known |= REVIEWS.contains(version.text());
    }
    if (!known) {
      versions.invalid("must include at least one of v1, v1beta1");
    }
  }
}
