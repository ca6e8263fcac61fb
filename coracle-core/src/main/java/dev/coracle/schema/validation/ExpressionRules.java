package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.SchemaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rules ({@code x-kubernetes-validations}) of one version of a custom resource, compiled. Rules
 * that speak of {@code oldSelf} hold for updates, where the old value can be told; the others are
 * not asked again about what an update leaves as it is.
 */
public final class ExpressionRules {

  private static final String RULES = "x-kubernetes-validations";

  /** A rule of one place. */
  private record Rule(
      JsonNode source,
      Expression expression,
      @Nullable Expression message,
      boolean transition,
      boolean optionalOldSelf) {}

  /** A place in the schema that has rules, or has places below that have. */
  private record Place(
      JsonNode schema,
      @Nullable SchemaType type,
      List<Rule> rules,
      Map<String, Place> properties,
      @Nullable Place additional,
      @Nullable Place items) {}

  private final @Nullable Place root;

  private ExpressionRules(@Nullable Place root) {
    this.root = root;
  }

  /**
   * The rules of a schema. Those that do not compile, which no CRD has that was checked, are left
   * out.
   */
  public static ExpressionRules of(JsonNode openApiV3Schema) {
    return new ExpressionRules(place(openApiV3Schema, true));
  }

  private static @Nullable Place place(JsonNode schema, boolean resource) {
    Map<String, Place> properties = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      Place below = place(property.getValue(), false);
      if (below != null) {
        properties.put(property.getKey(), below);
      }
    }
    JsonNode more = schema.path("additionalProperties");
    Place additional = more.isObject() ? place(more, false) : null;
    JsonNode item = schema.path("items");
    Place items = item.isObject() ? place(item, false) : null;
    boolean none = schema.path(RULES).isEmpty();
    if (none && properties.isEmpty() && additional == null && items == null) {
      return null;
    }
    SchemaType type = none ? null : SchemaType.of(schema, resource);
    List<Rule> rules = new ArrayList<>();
    if (type != null) {
      for (JsonNode source : schema.path(RULES)) {
        Rule rule = rule(type, source);
        if (rule != null) {
          rules.add(rule);
        }
      }
    }
    return new Place(schema, type, rules, properties, additional, items);
  }

  private static @Nullable Rule rule(SchemaType type, JsonNode source) {
    boolean optional = source.path("optionalOldSelf").asBoolean(false);
    String message = source.path("messageExpression").asText("");
    try {
      Expression expression = type.compile(source.path("rule").asText(""), optional);
      return new Rule(
          source,
          expression,
          message.isEmpty() ? null : type.compile(message, optional),
          expression.mentions("oldSelf"),
          optional);
    } catch (ExpressionException e) {
      return null;
    }
  }

  public boolean isEmpty() {
    return root == null;
  }

  /** As below, for one value by itself. */
  List<StatusCause> check(JsonNode value) {
    FieldErrors errors = new FieldErrors();
    if (root != null) {
      check(root, value, Field.nothing(), null, errors);
    }
    return errors.causes();
  }

  /**
   * Which rules an object breaks.
   *
   * @param old null on a create
   */
  public List<StatusCause> check(ObjectNode object, @Nullable ObjectNode old) {
    FieldErrors errors = new FieldErrors();
    if (root != null) {
      check(root, object, old == null ? Field.nothing() : old, null, errors);
    }
    return errors.causes();
  }

  private static void check(
      Place place, JsonNode value, JsonNode old, @Nullable FieldPath path, FieldErrors errors) {
    if (value.isNull()) {
      return;
    }
    if (place.type() != null && !place.rules().isEmpty()) {
      rules(place, place.type(), value, old, path, errors);
    }
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        String name = entry.getKey();
        Place below = place.properties().get(name);
        if (below != null) {
          check(below, entry.getValue(), old.path(name), child(path, name), errors);
        } else if (place.additional() != null) {
          FieldPath key = path == null ? FieldPath.of(name) : path.key(name);
          check(place.additional(), entry.getValue(), old.path(name), key, errors);
        }
      }
    } else if (value.isArray() && place.items() != null && path != null) {
      for (int i = 0; i < value.size(); i++) {
        JsonNode before = sameItem(place.schema(), value.get(i), old);
        check(place.items(), value.get(i), before, path.index(i), errors);
      }
    }
  }

  private static FieldPath child(@Nullable FieldPath path, String name) {
    return path == null ? FieldPath.of(name) : path.child(name);
  }

  /** The old item with the same keys, in lists of type map; otherwise nothing. */
  private static JsonNode sameItem(JsonNode schema, JsonNode item, JsonNode old) {
    if (schema.path("x-kubernetes-list-type").asText("").equals("map")) {
      JsonNode keys = schema.path("x-kubernetes-list-map-keys");
      for (JsonNode before : old) {
        boolean same = true;
        for (JsonNode key : keys) {
          same &= before.path(key.asText("")).equals(item.path(key.asText("")));
        }
        if (same) {
          return before;
        }
      }
    }
    return Field.nothing();
  }

  private static void rules(
      Place place,
      SchemaType type,
      JsonNode value,
      JsonNode old,
      @Nullable FieldPath path,
      FieldErrors errors) {
    boolean unchanged = value.equals(old);
    Object self = type.value(value);
    boolean hasOld = !old.isMissingNode() && !old.isNull();
    Object oldSelf = hasOld ? type.value(old) : null;
    for (Rule rule : place.rules()) {
      if (rule.transition() ? oldSelf == null && !rule.optionalOldSelf() : unchanged) {
        continue;
      }
      Map<String, Object> variables = new LinkedHashMap<>();
      variables.put("self", self);
      if (rule.optionalOldSelf()) {
        variables.put("oldSelf", Optional.ofNullable(oldSelf));
      } else if (oldSelf != null) {
        variables.put("oldSelf", oldSelf);
      }
      evaluate(place, rule, variables, value, path, errors);
    }
  }

  private static void evaluate(
      Place place,
      Rule rule,
      Map<String, Object> variables,
      JsonNode value,
      @Nullable FieldPath path,
      FieldErrors errors) {
    String type = place.schema().path("type").asText("");
    try {
      if (Boolean.TRUE.equals(rule.expression().evaluate(variables))) {
        return;
      }
    } catch (ExpressionException e) {
      String problem = e.reason();
      String detail =
          problem.startsWith("no such overload")
              ? "'"
                  + problem
                  + "': call arguments did not match a supported operator, function or macro"
                  + " signature for rule: "
                  + shown(rule)
              : problem.startsWith("operation cancelled")
                  ? "'"
                      + problem
                      + "': no further validation rules will be run due to call cost exceeds limit"
                      + " for rule: "
                      + shown(rule)
                  : problem + " evaluating rule: " + shown(rule);
      add("FieldValueInvalid", "Invalid value: \"" + type + "\": " + detail, path, errors);
      return;
    }
    String subject =
        type.equals("object") || type.equals("array")
            ? ""
            : ": " + (value.isTextual() ? FieldErrors.quoted(value.textValue()) : value.toString());
    String reason = rule.source().path("reason").asText("FieldValueInvalid");
    String detail = message(rule, variables);
    String message =
        switch (reason) {
          case "FieldValueForbidden" -> "Forbidden: " + detail;
          case "FieldValueRequired" -> "Required value: " + detail;
          case "FieldValueDuplicate" -> "Duplicate value" + subject;
          default -> "Invalid value" + subject + ": " + detail;
        };
    add(reason, message, fieldPath(place, rule, path), errors);
  }

  private static void add(
      String reason, String message, @Nullable FieldPath path, FieldErrors errors) {
    errors.add(new StatusCause(reason, message, path == null ? "<nil>" : path.toString()));
  }

  private static @Nullable FieldPath fieldPath(Place place, Rule rule, @Nullable FieldPath path) {
    String text = rule.source().path("fieldPath").asText("");
    return text.isEmpty() ? path : RuleFieldPath.below(path, place.schema(), text);
  }

  private static String shown(Rule rule) {
    String message = rule.source().path("message").asText("");
    return (message.isEmpty() ? rule.expression().source() : message).strip();
  }

  private static String message(Rule rule, Map<String, Object> variables) {
    if (rule.message() != null) {
      try {
        if (rule.message().evaluate(variables) instanceof String text) {
          String message = text.strip();
          if (!message.isEmpty() && !message.contains("\n") && FieldErrors.bytes(message) <= 5120) {
            return message;
          }
        }
      } catch (ExpressionException e) {
        // The message of the rule stands in for it.
      }
    }
    return rule.source().path("message").asText("").isEmpty()
        ? "failed rule: " + shown(rule)
        : shown(rule);
  }
}
