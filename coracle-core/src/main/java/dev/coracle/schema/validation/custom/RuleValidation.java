package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.SchemaType;
import dev.coracle.schema.validation.field.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the rules ({@code x-kubernetes-validations}) of a CRD's schema are well made. */
final class RuleValidation {

  /** What one expression, and all of a schema, may cost. */
  private static final double LIMIT = 10_000_000;

  private static final double TOTAL_LIMIT = 100_000_000;
  private static final double WORTH_NAMING = TOTAL_LIMIT / 100;

  /** The sum, and the expressions that make most of it. */
  private static final class Costs {
    final boolean lenient;
    double total;
    final List<Field> expensive = new ArrayList<>();

    Costs(boolean lenient) {
      this.lenient = lenient;
    }
  }

  private RuleValidation() {}

  /**
   * @param schema an {@code openAPIV3Schema} that is structural
   * @param unchanged whether it was accepted before: then single rules may cost what they do
   */
  static void validate(Field schema, boolean unchanged) {
    Costs costs = new Costs(unchanged);
    place(schema, true, "", 1, costs);
    if (costs.total > TOTAL_LIMIT) {
      for (Field expensive : costs.expensive) {
        expensive.forbidden(
            "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3"
                + " schema");
      }
      schema.forbidden(
          tooExpensive(
              "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
              costs.total / TOTAL_LIMIT));
    }
  }

  private static String tooExpensive(String what, double factor) {
    String shown =
        factor > 100
            ? "more than 100x"
            : String.format(Locale.ROOT, factor < 1.5 ? "%fx" : "%.1fx", factor);
    return what
        + " exceeds budget by factor of "
        + shown
        + " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where"
        + " arrays, maps, and strings are declared)";
  }

  /**
   * @param uncorrelatable the place above whose old items can't be told, empty when there is none
   */
  private static void place(
      Field schema, boolean resource, String uncorrelatable, double times, Costs costs) {
    Field rules = schema.child("x-kubernetes-validations");
    if (!rules.json().isEmpty()) {
      SchemaType type = SchemaType.of(schema.json(), resource);
      for (Field rule : rules.items()) {
        rule(type, schema.json(), rule, uncorrelatable, times, costs);
      }
    }
    Field properties = schema.child("properties");
    for (Map.Entry<String, JsonNode> property : properties.json().properties()) {
      place(
          new Field(property.getValue(), properties.path().key(property.getKey()), schema.errors()),
          false,
          uncorrelatable,
          times,
          costs);
    }
    if (schema.child("additionalProperties").json().isObject()) {
      double many = times * Expression.mostItems(schema.json());
      place(schema.child("additionalProperties"), false, uncorrelatable, many, costs);
    }
    if (schema.child("items").json().isObject()) {
      boolean told = schema.text("x-kubernetes-list-type").equals("map");
      String items = schema.path().toString();
      String within = told || !uncorrelatable.isEmpty() ? uncorrelatable : items;
      double many = times * Expression.mostItems(schema.json());
      place(schema.child("items"), false, within, many, costs);
    }
  }

  private static void rule(
      SchemaType type,
      JsonNode schema,
      Field rule,
      String uncorrelatable,
      double times,
      Costs costs) {
    Field source = rule.child("rule");
    if (source.text().isBlank()) {
      source.required("rule is not specified");
      return;
    }
    Field message = rule.child("message");
    if (!message.text().isEmpty() && message.text().isBlank()) {
      message.invalid("message must be non-empty if specified");
    } else if (message.text().contains("\n")) {
      message.invalid("message must not contain line breaks");
    } else if (source.text().contains("\n") && message.blank()) {
      message.required("message must be specified if rule contains line breaks");
    }
    Field path = rule.child("fieldPath");
    if (!path.blank()) {
      String problem = RuleFieldPath.problem(schema, path.text());
      if (!problem.isEmpty()) {
        path.invalid("fieldPath must be a valid path");
      }
    }
    if (rule.has("reason")) {
      rule.child("reason")
          .oneOf(
              "FieldValueDuplicate",
              "FieldValueForbidden",
              "FieldValueInvalid",
              "FieldValueRequired");
    }
    boolean optional = rule.flag("optionalOldSelf");
    Expression compiled = expression(type, rule, source, optional, false, uncorrelatable);
    cost(compiled, schema, source, "estimated rule cost", times, costs);
    Field text = rule.child("messageExpression");
    if (!text.blank()) {
      Expression shown = expression(type, rule, text, optional, true, uncorrelatable);
      cost(shown, schema, text, "estimated messageExpression cost", times, costs);
    }
  }

  private static void cost(
      @Nullable Expression expression,
      JsonNode schema,
      Field source,
      String what,
      double times,
      Costs costs) {
    if (expression == null) {
      return;
    }
    double cost = expression.worstCost(schema) * times;
    costs.total += cost;
    if (cost > WORTH_NAMING) {
      costs.expensive.add(source);
    }
    if (cost > LIMIT && !costs.lenient) {
      source.forbidden(tooExpensive(what, cost / LIMIT));
    }
  }

  private static @Nullable Expression expression(
      SchemaType type,
      Field rule,
      Field source,
      boolean optional,
      boolean message,
      String uncorrelatable) {
    try {
      Expression compiled = type.compile(source.text(), optional);
      if (message ? compiled.neverText() : compiled.neverBoolean()) {
        invalid(
            rule,
            source,
            message
                ? "messageExpression compilation failed: must evaluate to a string"
                : "compilation failed: must evaluate to a bool");
      } else if (!message && compiled.mentions("oldSelf") && !uncorrelatable.isEmpty()) {
        source.invalid(
            "oldSelf cannot be used on the uncorrelatable portion of the schema within "
                + uncorrelatable);
      } else if (!message && optional && !compiled.mentions("oldSelf")) {
        rule.child("optionalOldSelf").invalid("may not be set if oldSelf is not used in rule");
      }
      return compiled;
    } catch (ExpressionException e) {
      invalid(
          rule,
          source,
          (message ? "messageExpression compilation failed: " : "compilation failed: ")
              + e.reason());
      return null;
    }
  }

  /** The value shown is the whole rule, with the internal names of its fields. */
  private static void invalid(Field rule, Field source, String detail) {
    ObjectNode shown =
        Json.object()
            .put("Rule", rule.text("rule"))
            .put("Message", rule.text("message"))
            .put("MessageExpression", rule.text("messageExpression"));
    shown.set("Reason", rule.has("reason") ? rule.child("reason").json() : shown.nullNode());
    shown.put("FieldPath", rule.text("fieldPath"));
    shown.set(
        "OptionalOldSelf",
        rule.has("optionalOldSelf") ? rule.child("optionalOldSelf").json() : shown.nullNode());
    String text =
        shown.toString().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    rule.errors()
        .add(
            new StatusCause(
                "FieldValueInvalid",
                "Invalid value: " + text + ": " + detail,
                source.path().toString()));
  }
}
