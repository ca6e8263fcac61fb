package dev.coracle.schema.validation.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.ReservedWords;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Validating and mutating admission policies, whose expressions must compile, and their bindings.
 */
public final class AdmissionPolicyValidation {

  private static final int MOST_ANNOTATIONS = 20;
  private static final int MOST_VALUE_EXPRESSION = 5 * 1024;
  private static final Pattern IDENTIFIER = Pattern.compile("[_a-zA-Z][_a-zA-Z0-9]*");
  private static final Pattern LINE_BREAK = Pattern.compile("[\\n\\r]");
  private static final String NO_CHECKS =
      "validations or auditAnnotations must contain at least one item";

  private AdmissionPolicyValidation() {}

  /**
   * @param old null on create
   */
  public static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field spec = Field.of(object, "spec", errors);
    switch (kind) {
      case "ValidatingAdmissionPolicy" -> {
        AdmissionScope scope = common(spec, old);
        validations(spec, scope, object.path("metadata").path("name").asText(""));
      }
      case "MutatingAdmissionPolicy" -> mutations(spec, common(spec, old));
      case "ValidatingAdmissionPolicyBinding" -> {
        binding(spec);
        actions(spec.child("validationActions"));
      }
      case "MutatingAdmissionPolicyBinding" -> binding(spec);
      default -> {}
    }
  }

  private static AdmissionScope common(Field spec, @Nullable ObjectNode old) {
    spec.child("failurePolicy").neededOneOf("Fail", "Ignore");
    Field params = spec.child("paramKind");
    if (params.present()) {
      paramKind(params);
    }
    Field constraints = spec.child("matchConstraints");
    if (constraints.present()) {
      AdmissionRuleValidation.match(constraints);
      if (constraints.child("resourceRules").json().isEmpty()) {
        constraints.child("resourceRules").required("");
      }
    } else {
      constraints.required("");
    }
    AdmissionScope scope = AdmissionScope.of(params.present(), true);
    boolean same =
        old != null
            && old.path("spec").path("matchConditions").equals(spec.json().path("matchConditions"))
            && old.path("spec").path("paramKind").equals(spec.json().path("paramKind"));
    if (!same) {
      AdmissionRuleValidation.conditions(spec.child("matchConditions"), scope);
    }
    for (Field variable : spec.child("variables").items()) {
      scope = variable(variable, scope);
    }
    return scope;
  }

  private static AdmissionScope variable(Field variable, AdmissionScope scope) {
    Field name = variable.child("name");
    if (name.text().isBlank()) {
      name.required("name is not specified");
    } else if (!IDENTIFIER.matcher(name.text()).matches() || ReservedWords.contains(name.text())) {
      name.invalid("name is not a valid CEL identifier");
    }
    Field expression = variable.child("expression");
    if (expression.text().isBlank()) {
      expression.required("expression is not specified");
      return scope;
    }
    Expression compiled = AdmissionRuleValidation.compile(expression, scope, any -> true, "");
    return compiled == null
        ? scope.withVariable(name.text())
        : scope.withVariable(name.text(), compiled);
  }

  private static void paramKind(Field kind) {
    Field version = kind.child("apiVersion");
    String text = version.text();
    if (text.isEmpty()) {
      version.required("");
    } else if (text.chars().filter(letter -> letter == '/').count() > 1) {
      version.invalid("unexpected GroupVersion string: " + text);
    } else {
      int slash = text.indexOf('/');
      String group = slash < 0 ? "" : text.substring(0, slash);
      if (!group.isEmpty()) {
        problems(version, group, Names.dns1123Subdomain(group), "");
      }
      String number = text.substring(slash + 1);
      if (number.isEmpty()) {
        version.invalid("version must be specified");
      } else {
        problems(version, number, Names.dns1035Label(number), "");
      }
    }
    Field name = kind.child("kind");
    if (name.text().isEmpty()) {
      name.required("");
    } else {
      problems(
          name,
          name.text(),
          Names.dns1035Label(name.text().toLowerCase(Locale.ROOT)),
          "may have mixed case, but should otherwise match: ");
    }
  }

  private static void problems(Field at, String value, List<String> problems, String start) {
    if (!problems.isEmpty()) {
      at.errors().invalid(at.path(), value, start + String.join(",", problems));
    }
  }

  private static void validations(Field spec, AdmissionScope scope, String policy) {
    Field validations = spec.child("validations");
    Field annotations = spec.child("auditAnnotations");
    if (validations.json().isEmpty() && annotations.json().isEmpty()) {
      validations.required(NO_CHECKS);
      annotations.required(NO_CHECKS);
      return;
    }
    validations.items().forEach(validation -> validation(validation, scope));
    if (annotations.json().size() > MOST_ANNOTATIONS) {
      annotations.invalid("must not have more than " + MOST_ANNOTATIONS + " auditAnnotations");
    }
    Set<String> keys = new HashSet<>();
    for (Field annotation : annotations.items()) {
      annotation(annotation, scope, policy);
      if (!keys.add(annotation.text("key"))) {
        annotation.child("key").duplicate();
      }
    }
  }

  private static void validation(Field validation, AdmissionScope scope) {
    Field expression = validation.child("expression");
    if (expression.text().isBlank()) {
      expression.required("expression is not specified");
    } else {
      AdmissionRuleValidation.compile(
          expression, scope, Expression::isBoolean, "must evaluate to bool");
    }
    Field computed = validation.child("messageExpression");
    if (!computed.text().isEmpty() && computed.text().isBlank()) {
      computed.invalid("must be non-empty if specified");
    } else if (!computed.text().isEmpty()) {
      AdmissionRuleValidation.compile(
          computed, scope.withoutAuthorizer(), Expression::isText, "must evaluate to string");
    }
    Field message = validation.child("message");
    if (!message.text().isEmpty() && message.text().isBlank()) {
      message.invalid("message must be non-empty if specified");
    } else if (LINE_BREAK.matcher(message.text().strip()).find()) {
      message.invalid("message must not contain line breaks");
    }
    validation.child("reason").oneOf("Forbidden", "Invalid", "RequestEntityTooLarge");
  }

  private static void annotation(Field annotation, AdmissionScope scope, String policy) {
    Field key = annotation.child("key");
    if (policy.isEmpty()) {
      key.invalid("requires metadata.name be non-empty");
    } else {
      String whole = policy + "/" + key.text();
      key.errors().invalid(key.path(), whole, Names.qualifiedName(whole));
    }
    Field value = annotation.child("valueExpression");
    if (value.text().isBlank()) {
      value.required("valueExpression is not specified");
    } else if (value.text().strip().length() > MOST_VALUE_EXPRESSION) {
      value.required("must not exceed " + MOST_VALUE_EXPRESSION + " bytes in length");
    } else {
      AdmissionRuleValidation.compile(
          value,
          scope,
          compiled -> compiled.isText() || compiled.isNull(),
          "must evaluate to one of [string null_type]");
    }
  }

  private static void mutations(Field spec, AdmissionScope scope) {
    spec.child("reinvocationPolicy").neededOneOf("IfNeeded", "Never");
    Field mutations = spec.child("mutations");
    if (mutations.json().isEmpty()) {
      mutations.required("mutations must contain at least one item");
    }
    for (Field mutation : mutations.items()) {
      Field type = mutation.child("patchType");
      switch (type.text()) {
        case "" -> type.required("");
        case "ApplyConfiguration" -> {
          if (mutation.child("jsonPatch").present()) {
            mutation
                .child("jsonPatch")
                .invalid("must not specify jsonPatch when patchType is not JSONPatch");
          }
          mutation(mutation.child("applyConfiguration"), scope, false);
        }
        case "JSONPatch" -> {
          if (mutation.child("applyConfiguration").present()) {
            mutation
                .child("applyConfiguration")
                .invalid(
                    "must not specify applyConfiguration when patchType is not"
                        + " ApplyConfiguration");
          }
          mutation(mutation.child("jsonPatch"), scope, true);
        }
        default -> type.oneOf("ApplyConfiguration", "JSONPatch");
      }
    }
  }

  private static void mutation(Field patch, AdmissionScope scope, boolean json) {
    if (!patch.present()) {
      patch.required(
          json
              ? "must be specified when patchType is JSONPatch"
              : "must be specified when patchType is ApplyConfiguration");
      return;
    }
    Field expression = patch.child("expression");
    if (expression.text().isBlank()) {
      expression.required("expression is not specified");
      return;
    }
    try {
      Expression compiled = scope.compileMutation(expression.text());
      if (json ? !compiled.isPatchList() : !compiled.isMutationObject()) {
        expression.invalid("must evaluate to " + (json ? "list(JSONPatch)" : "Object"));
      }
    } catch (ExpressionException e) {
      expression.invalid("compilation failed: " + e.reason());
    }
  }

  private static void binding(Field spec) {
    Field policy = spec.child("policyName");
    if (policy.needed()) {
      policy.subdomain();
    }
    Field reference = spec.child("paramRef");
    if (reference.present()) {
      paramRef(reference);
    }
    Field match = spec.child("matchResources");
    if (match.present()) {
      AdmissionRuleValidation.match(match.at(spec.path().child("matchResouces")));
    }
  }

  private static void paramRef(Field reference) {
    boolean named = !reference.child("name").blank();
    boolean selected = reference.child("selector").present();
    if (named) {
      reference.child("name").invalid(MetadataValidation.pathSegment(reference.text("name")));
    }
    if (named && selected) {
      reference.child("name").forbidden("name and selector are mutually exclusive");
      reference.child("selector").forbidden("name and selector are mutually exclusive");
    }
    if (selected) {
      SelectorValidation.validate(reference.child("selector"));
    }
    if (!named && !selected) {
      reference.required("one of name or selector must be specified");
    }
    reference.child("parameterNotFoundAction").neededOneOf("Deny", "Allow");
  }

  private static void actions(Field actions) {
    Set<String> seen = new HashSet<>();
    for (Field action : actions.items()) {
      action.oneOf("Audit", "Deny", "Warn");
      if (!seen.add(action.text())) {
        action.duplicate();
      }
    }
    if (seen.contains("Deny") && seen.contains("Warn")) {
      actions.invalid(
          "must not contain both Deny and Warn (repeating the same validation failure information"
              + " in the API response and headers serves no purpose)");
    }
    if (seen.isEmpty()) {
      actions.required("at least one validation action is required");
    }
  }
}
