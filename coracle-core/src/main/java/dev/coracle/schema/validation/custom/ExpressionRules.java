package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.cel.CostBudget;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.SchemaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules ({@code x-kubernetes-validations}) of one version of a custom resource, compiled. Rules
 * that speak of {@code oldSelf} hold for updates, where the old value can be told; the others are
 * not asked again about what an update leaves as it is.
 */
public final class ExpressionRules {

  private static final String RULES = "x-kubernetes-validations";

  /** A rule of one place. */
  record Rule(
      JsonNode source,
      Expression expression,
      @Nullable Expression message,
      boolean transition,
      boolean optionalOldSelf) {

    /** What failures call it. */
    String shown() {
      String message = source.path("message").asText("");
      return (message.isEmpty() ? expression.source() : message).strip();
    }
  }

  /** A place in the schema that has rules, or has places below that have. */
  record Place(
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

  /** Which rules one value breaks by itself, within a budget. */
  List<StatusCause> check(JsonNode value, CostBudget budget) {
    return root == null
        ? List.of()
        : new RuleEvaluation(budget, new ArrayList<>()).check(root, value, null);
  }

  /**
   * Which rules an object breaks.
   *
   * @param old null on a create
   * @param warnings where to tell of rules that are broken by what an update leaves as it is
   */
  public List<StatusCause> check(
      ObjectNode object, @Nullable ObjectNode old, List<String> warnings) {
    return root == null
        ? List.of()
        : new RuleEvaluation(CostBudget.ofObject(), warnings).check(root, object, old);
  }
}
