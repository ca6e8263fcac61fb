package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.cel.CostBudget;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.SchemaType;
import dev.coracle.schema.validation.custom.ExpressionRules.Place;
import dev.coracle.schema.validation.custom.ExpressionRules.Rule;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One object under the rules of its CRD, within one budget. A rule without {@code oldSelf} that is
 * broken by a value that an update leaves as it is only warns (ratcheting, KEP-4008).
 */
final class RuleEvaluation {

  private static final String NO_BUDGET =
      "validation failed due to running out of cost budget, no further validation rules will be"
          + " run";
  private static final int MOST_MESSAGE_BYTES = 5 * 1024;

  /** The budget is spent: nothing more is evaluated. */
  private static final class Over extends Exception {
    private static final long serialVersionUID = 1L;

    Over() {
      super("over", null, false, false);
    }
  }

  /**
   * What a value was before.
   *
   * @param old a missing node when there was none
   * @param told whether it can be told at all
   * @param unchangedAbove whether the nearest value around it of which it can be told is the same
   */
  private record Before(JsonNode old, boolean told, boolean unchangedAbove) {

    static final Before NOTHING = new Before(Field.nothing(), false, false);

    boolean isUnchanged(JsonNode value) {
      return told ? value.equals(old) : unchangedAbove;
    }

    Before inside(JsonNode value, JsonNode inner, boolean innerTold) {
      return told ? new Before(inner, innerTold, value.equals(old)) : this;
    }
  }

  private final CostBudget budget;
  private final List<String> warnings;
  private final FieldErrors errors = new FieldErrors();

  RuleEvaluation(CostBudget budget, List<String> warnings) {
    this.budget = budget;
    this.warnings = warnings;
  }

  /**
   * Which rules a value breaks.
   *
   * @param old null when there was none
   */
  List<StatusCause> check(Place root, JsonNode value, @Nullable JsonNode old) {
    try {
      place(root, value, old == null ? Before.NOTHING : new Before(old, true, false), null);
    } catch (Over e) {
      // What was found until then is told.
    }
    return errors.causes();
  }

  private void place(Place place, JsonNode value, Before before, @Nullable FieldPath path)
      throws Over {
    if (value.isNull()) {
      return;
    }
    if (place.type() != null && !place.rules().isEmpty()) {
      rules(place, place.type(), value, before, path);
    }
    if (value.isObject()) {
      fields(place, value, before, path);
    } else if (value.isArray() && place.items() != null) {
      for (int i = 0; i < value.size(); i++) {
        JsonNode old = TypedLists.sameItem(place.schema(), value.get(i), before.old());
        Before item = before.inside(value, old, TypedLists.isMap(place.schema()));
        FieldPath index = path == null ? FieldPath.ROOT.index(i) : path.index(i);
        place(place.items(), value.get(i), item, index);
      }
    }
  }

  private void fields(Place place, JsonNode value, Before before, @Nullable FieldPath path)
      throws Over {
    boolean told = !place.schema().path("x-kubernetes-map-type").asText("").equals("atomic");
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      String name = entry.getKey();
      Place below = place.properties().get(name);
      Place inner = below == null ? place.additional() : below;
      if (inner == null) {
        continue;
      }
      Before field =
          path == null && (name.equals("apiVersion") || name.equals("kind"))
              ? Before.NOTHING
              : before.inside(value, before.old().path(name), told);
      FieldPath inside =
          path == null ? FieldPath.of(name) : below == null ? path.key(name) : path.child(name);
      place(inner, entry.getValue(), field, inside);
    }
  }

  private void rules(
      Place place, SchemaType type, JsonNode value, Before before, @Nullable FieldPath path)
      throws Over {
    String kind = place.schema().path("type").asText("");
    if (budget.left() <= 0) {
      add("FieldValueInvalid", invalid(kind, NO_BUDGET), path);
      throw new Over();
    }
    Object self = type.value(value);
    JsonNode old = before.told() ? before.old() : Field.nothing();
    Object oldSelf = old.isMissingNode() || old.isNull() ? null : type.value(old);
    for (Rule rule : place.rules()) {
      if (rule.transition() && oldSelf == null && !rule.optionalOldSelf()) {
        continue;
      }
      Map<String, Object> variables = new LinkedHashMap<>();
      variables.put("self", self);
      if (rule.optionalOldSelf()) {
        variables.put("oldSelf", Optional.ofNullable(oldSelf));
      } else if (oldSelf != null) {
        variables.put("oldSelf", oldSelf);
      }
      if (!holds(rule, variables, kind, path)) {
        broken(place, rule, variables, value, before, path);
      }
    }
  }

  /** False when the rule is broken; when it has no value, that is told here. */
  private boolean holds(
      Rule rule, Map<String, Object> variables, String kind, @Nullable FieldPath path) throws Over {
    long had = budget.left();
    try {
      boolean holds = Boolean.TRUE.equals(rule.expression().evaluate(variables, budget));
      requireBudget(kind, path, NO_BUDGET);
      return holds;
    } catch (ExpressionException e) {
      String problem = e.reason();
      if (had >= 0) {
        requireBudget(kind, path, NO_BUDGET);
      }
      if (problem.startsWith("operation cancelled")) {
        add(
            "FieldValueInvalid",
            invalid(
                kind,
                "'"
                    + problem
                    + "': no further validation rules will be run due to call cost exceeds limit"
                    + " for rule: "
                    + rule.shown()),
            path);
        throw new Over();
      }
      String detail =
          problem.startsWith("no such overload")
              ? "'"
                  + problem
                  + "': call arguments did not match a supported operator, function or macro"
                  + " signature for rule: "
                  + rule.shown()
              : problem + " evaluating rule: " + rule.shown();
      add("FieldValueInvalid", invalid(kind, detail), path);
      return true;
    }
  }

  private void requireBudget(String kind, @Nullable FieldPath path, String otherwise) throws Over {
    if (budget.left() < 0) {
      add("FieldValueInvalid", invalid(kind, otherwise), path);
      throw new Over();
    }
  }

  private static String invalid(String kind, String detail) {
    return "Invalid value: \"" + kind + "\": " + detail;
  }

  private void broken(
      Place place,
      Rule rule,
      Map<String, Object> variables,
      JsonNode value,
      Before before,
      @Nullable FieldPath path)
      throws Over {
    String kind = place.schema().path("type").asText("");
    String detail = message(rule, variables, kind, path);
    String subject =
        kind.equals("object") || kind.equals("array")
            ? ""
            : ": " + (value.isTextual() ? FieldErrors.quoted(value.textValue()) : value.toString());
    String reason = rule.source().path("reason").asText("FieldValueInvalid");
    String message =
        switch (reason) {
          case "FieldValueForbidden" -> "Forbidden: " + detail;
          case "FieldValueRequired" -> "Required value: " + detail;
          case "FieldValueDuplicate" -> "Duplicate value" + subject;
          default -> "Invalid value" + subject + ": " + detail;
        };
    FieldPath where = fieldPath(place, rule, path);
    if (!rule.transition() && before.isUnchanged(value)) {
      warn((where == null ? "<nil>" : where.toString()) + ": " + message);
    } else {
      add(reason, message, where);
    }
  }

  /** A write that is tried again warns once. */
  private void warn(String text) {
    if (!warnings.contains(text)) {
      warnings.add(text);
    }
  }

  private void add(String reason, String message, @Nullable FieldPath path) {
    errors.add(new StatusCause(reason, message, path == null ? "<nil>" : path.toString()));
  }

  private static @Nullable FieldPath fieldPath(Place place, Rule rule, @Nullable FieldPath path) {
    String text = rule.source().path("fieldPath").asText("");
    return text.isEmpty() ? path : RuleFieldPath.below(path, place.schema(), text);
  }

  private String message(
      Rule rule, Map<String, Object> variables, String kind, @Nullable FieldPath path) throws Over {
    if (rule.message() != null) {
      try {
        Object value = rule.message().evaluate(variables, budget);
        requireBudget(
            kind,
            path,
            "messageExpression evaluation failed due to running out of cost budget, no further"
                + " validation rules will be run");
        if (value instanceof String text) {
          String message = text.strip();
          if (!message.isEmpty()
              && !message.contains("\n")
              && FieldErrors.bytes(message) <= MOST_MESSAGE_BYTES) {
            return message;
          }
        }
      } catch (ExpressionException e) {
        if (e.reason().startsWith("operation cancelled")) {
          add(
              "FieldValueInvalid",
              invalid(
                  kind,
                  "no further validation rules will be run due to call cost exceeds limit for"
                      + " messageExpression: "
                      + FieldErrors.quoted(rule.source().path("messageExpression").asText(""))),
              path);
          throw new Over();
        }
        // The message of the rule stands in for it.
      }
    }
    return rule.source().path("message").asText("").isEmpty()
        ? "failed rule: " + rule.shown()
        : rule.shown();
  }
}
