package dev.coracle.schema.validation.admission;

import dev.coracle.api.Names;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.MetadataValidation;
import dev.coracle.schema.validation.field.SelectorValidation;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Rules, match conditions and expressions: what webhooks and policies have in common. */
final class AdmissionRuleValidation {

  private static final int MOST_CONDITIONS = 64;
  private static final List<String> OPERATIONS =
      List.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");

  private AdmissionRuleValidation() {}

  static void rule(Field rule) {
    Field operations = rule.child("operations");
    list(operations, "operations", false);
    for (Field operation : operations.items()) {
      if (!OPERATIONS.contains(operation.text())) {
        operation.errors().notSupported(operation.path(), operation.text(), OPERATIONS);
      }
    }
    list(rule.child("apiGroups"), "API groups", false);
    list(rule.child("apiVersions"), "API versions", true);
    resources(rule.child("resources"));
    rule.child("scope").oneOf("*", "Cluster", "Namespaced");
  }

  private static void list(Field values, String what, boolean filled) {
    if (values.json().isEmpty()) {
      values.required("");
    }
    if (values.json().size() > 1 && hasStar(values)) {
      values.invalid("if '*' is present, must not specify other " + what);
    }
    if (filled) {
      values.items().stream().filter(Field::blank).forEach(value -> value.required(""));
    }
  }

  private static boolean hasStar(Field values) {
    return values.items().stream().anyMatch(value -> value.text().equals("*"));
  }

  private static void resources(Field resources) {
    if (resources.json().isEmpty()) {
      resources.required("");
    }
    Set<String> withAllSubresources = new HashSet<>();
    Set<String> ofAllResources = new HashSet<>();
    boolean everything = false;
    boolean star = false;
    boolean plain = false;
    for (Field resource : resources.items()) {
      String text = resource.text();
      if (text.isEmpty()) {
        resource.required("");
        continue;
      }
      everything |= text.equals("*/*");
      star |= text.equals("*");
      int slash = text.indexOf('/');
      if (slash < 0) {
        plain = !text.equals("*");
        continue;
      }
      String name = text.substring(0, slash);
      String subresource = text.substring(slash + 1);
      if (withAllSubresources.contains(name)) {
        resource.invalid("if '" + name + "/*' is present, must not specify " + text);
      }
      if (ofAllResources.contains(subresource)) {
        resource.invalid("if '*/" + subresource + "' is present, must not specify " + text);
      }
      if (subresource.equals("*")) {
        withAllSubresources.add(name);
      }
      if (name.equals("*")) {
        ofAllResources.add(subresource);
      }
    }
    if (resources.json().size() > 1 && everything) {
      resources.invalid("if '*/*' is present, must not specify other resources");
    }
    if (star && plain) {
      resources.invalid("if '*' is present, must not specify other resources without subresources");
    }
  }

  static void conditions(Field conditions, AdmissionScope scope) {
    if (conditions.json().size() > MOST_CONDITIONS) {
      conditions.errors().tooMany(conditions.path(), conditions.json().size(), MOST_CONDITIONS);
    }
    Set<String> names = new HashSet<>();
    for (Field condition : conditions.items()) {
      Field expression = condition.child("expression");
      if (expression.text().isBlank()) {
        expression.required("");
      } else {
        compile(expression, scope, Expression::isBoolean, "must evaluate to bool");
      }
      Field name = condition.child("name");
      if (name.text().isEmpty()) {
        name.required("");
        continue;
      }
      name.invalid(Names.qualifiedName(name.text()));
      if (!names.add(name.text())) {
        name.duplicate();
      }
    }
  }

  /** Null when it does not compile, or gives none of the type; that is then said. */
  static @Nullable Expression compile(
      Field source, AdmissionScope scope, Predicate<Expression> fits, String wanted) {
    try {
      Expression compiled = scope.compile(source.text());
      if (!fits.test(compiled)) {
        source.invalid(wanted);
        return null;
      }
      return compiled;
    } catch (ExpressionException e) {
      source.invalid("compilation failed: " + e.reason());
      return null;
    }
  }

  /** A {@code MatchResources}. */
  static void match(Field match) {
    match.child("matchPolicy").oneOf("Equivalent", "Exact");
    SelectorValidation.validate(match.child("namespaceSelector"));
    SelectorValidation.validate(match.child("objectSelector"));
    for (String list : new String[] {"resourceRules", "excludeResourceRules"}) {
      for (Field rule : match.child(list).items()) {
        Set<String> names = new HashSet<>();
        for (Field name : rule.child("resourceNames").items()) {
          name.invalid(MetadataValidation.pathSegment(name.text()));
          if (!names.add(name.text())) {
            name.duplicate();
          }
        }
        rule(rule);
      }
    }
  }
}
