package dev.coracle.schema.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a rule may cost at worst, before there is any object: steps, with strings and lists as long
 * as the schema allows, or as a request of 3 MiB can hold. The weights are those of Kubernetes'
 * estimates: 1 for a step, 0.1 for a character or element that is read.
 */
final class ExpressionCost {

  private static final double REQUEST = 3 * 1024 * 1024;
  private static final double ENDLESS = 1.8e19;
  private static final double READ = 0.1;

  /** A cost, how long the value may be, and the schema of the value, if it is a part of self. */
  private record Estimate(double cost, double size, JsonNode schema) {}

  private final CelAbstractSyntaxTree tree;
  private final Map<String, Estimate> variables = new HashMap<>();

  private ExpressionCost(CelAbstractSyntaxTree tree, JsonNode self) {
    this.tree = tree;
    Estimate whole = new Estimate(1, size(self), self);
    variables.put("self", whole);
    variables.put("oldSelf", whole);
  }

  /**
   * @param self the schema of the place that has the rule
   */
  static double worst(CelAbstractSyntaxTree tree, JsonNode self) {
    return Math.min(ENDLESS, new ExpressionCost(tree, self).of(tree.getExpr()).cost());
  }

  /** How many items a list or map of the schema may have. */
  static double items(JsonNode schema) {
    if (schema.path("type").asText("").equals("array")) {
      JsonNode most = schema.path("maxItems");
      return most.isNumber()
          ? most.asDouble()
          : Math.floor((REQUEST - 2) / (smallest(schema.path("items")) + 1));
    }
    JsonNode most = schema.path("maxProperties");
    return most.isNumber()
        ? most.asDouble()
        : Math.floor((REQUEST - 2) / (smallest(schema.path("additionalProperties")) + 6));
  }

  private static double size(JsonNode schema) {
    return switch (schema.path("type").asText("")) {
      case "string" -> text(schema);
      case "array" -> items(schema);
      case "object" -> schema.path("additionalProperties").isObject() ? items(schema) : 0;
      case "" -> schema.isMissingNode() ? 1 : REQUEST - 2;
      default -> 0;
    };
  }

  private static double text(JsonNode schema) {
    if (schema.path("enum").isArray()) {
      double longest = 0;
      for (JsonNode one : schema.path("enum")) {
        longest = Math.max(longest, one.asText("").length());
      }
      return longest;
    }
    if (schema.path("maxLength").isNumber()) {
      return schema.path("maxLength").asDouble() * 4;
    }
    return switch (schema.path("format").asText("")) {
      case "date-time" -> 36;
      case "date" -> 10;
      case "duration" -> 67;
      default -> REQUEST - 2;
    };
  }

  /** How many bytes a value of the schema has at least. */
  private static double smallest(JsonNode schema) {
    return switch (schema.path("type").asText("")) {
      case "array" -> 2;
      case "string" ->
          switch (schema.path("format").asText("")) {
            case "duration" -> 3;
            case "date" -> 12;
            case "date-time" -> 21;
            default -> 2;
          };
      case "boolean" -> 4;
      case "object" -> {
        double bytes = 2;
        for (JsonNode name : schema.path("required")) {
          JsonNode field = schema.path("properties").path(name.asText(""));
          if (!field.has("default")) {
            bytes += name.asText("").length() + 4 + smallest(field);
          }
        }
        yield bytes;
      }
      default -> 1;
    };
  }

  private static double read(double size) {
    return Math.ceil(size * READ);
  }

  private static Estimate plain(double cost) {
    return new Estimate(cost, 1, MissingNode.getInstance());
  }

  private Estimate of(CelExpr expr) {
    return switch (expr.getKind()) {
      case CONSTANT -> {
        CelConstant constant = expr.constant();
        boolean text = constant.getKind() == CelConstant.Kind.STRING_VALUE;
        double size = text ? constant.stringValue().length() : 1;
        yield new Estimate(0, size, MissingNode.getInstance());
      }
      case IDENT -> {
        Estimate known = variables.get(expr.ident().name());
        yield known == null ? plain(1) : new Estimate(1, known.size(), known.schema());
      }
      case SELECT -> {
        Estimate operand = of(expr.select().operand());
        if (expr.select().testOnly()) {
          yield plain(operand.cost());
        }
        if (operand.schema().path("additionalProperties").isObject()) {
          // The estimate does not follow fields of maps.
          yield new Estimate(
              operand.cost() + 1, isScalar(expr) ? 1 : ENDLESS, MissingNode.getInstance());
        }
        JsonNode field = field(operand.schema(), expr.select().field());
        yield new Estimate(operand.cost() + 1, size(field), field);
      }
      case LIST -> {
        double cost = 10;
        for (CelExpr element : expr.list().elements()) {
          cost += of(element).cost();
        }
        yield new Estimate(cost, expr.list().elements().size(), MissingNode.getInstance());
      }
      case MAP -> {
        double cost = 30;
        for (CelExpr.CelMap.Entry entry : expr.map().entries()) {
          cost += of(entry.key()).cost() + of(entry.value()).cost();
        }
        yield new Estimate(cost, expr.map().entries().size(), MissingNode.getInstance());
      }
      case STRUCT -> plain(40);
      case CALL -> call(expr);
      case COMPREHENSION -> comprehension(expr.comprehension());
      case NOT_SET -> plain(0);
    };
  }

  private static JsonNode field(JsonNode schema, String escaped) {
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      if (SchemaType.escape(property.getKey()).equals(escaped)) {
        return property.getValue();
      }
    }
    return schema.path("additionalProperties");
  }

  private Estimate comprehension(CelExpr.CelComprehension loop) {
    Estimate range = of(loop.iterRange());
    JsonNode schema = range.schema();
    JsonNode element =
        schema.has("items") ? schema.path("items") : schema.path("additionalProperties");
    Estimate item = new Estimate(1, size(element), element);
    Estimate key = new Estimate(1, 0, MissingNode.getInstance());
    boolean keyed = schema.path("additionalProperties").isObject();
    variables.put(loop.iterVar(), keyed ? key : item);
    if (!loop.iterVar2().isEmpty()) {
      variables.put(loop.iterVar(), keyed ? key : plain(1));
      variables.put(loop.iterVar2(), item);
    }
    Estimate start = of(loop.accuInit());
    boolean collects = loop.accuInit().getKind() == CelExpr.ExprKind.Kind.LIST;
    // What is collected is not read while it is collected.
    variables.put(loop.accuVar(), plain(1));
    double step = of(loop.loopCondition()).cost() + of(loop.loopStep()).cost();
    double cost = range.cost() + start.cost() + range.size() * step + of(loop.result()).cost();
    return new Estimate(cost, collects ? range.size() : 1, collects ? schema : plain(0).schema());
  }

  private Estimate call(CelExpr expr) {
    CelExpr.CelCall call = expr.call();
    List<Estimate> arguments =
        java.util.stream.Stream.concat(call.target().stream(), call.args().stream())
            .map(this::of)
            .toList();
    double cost = arguments.stream().mapToDouble(Estimate::cost).sum();
    Estimate first = arguments.isEmpty() ? plain(0) : arguments.getFirst();
    Estimate second = arguments.size() < 2 ? plain(0) : arguments.get(1);
    JsonNode unknown = MissingNode.getInstance();
    return switch (call.function()) {
      case "_?_:_" ->
          new Estimate(
              first.cost() + Math.max(second.cost(), arguments.get(2).cost()),
              Math.max(second.size(), arguments.get(2).size()),
              unknown);
      case "_&&_", "_||_" -> plain(cost);
      case "_+_" -> {
        double size = first.size() + second.size();
        boolean long_ = isLong(expr);
        yield new Estimate(cost + (long_ ? read(size) : 1), long_ ? size : 1, unknown);
      }
      case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_" ->
          plain(cost + read(Math.min(first.size(), second.size())));
      case "@in" -> plain(cost + (second.schema().has("additionalProperties") ? 1 : second.size()));
      case "_[_]", "_[?_]" -> {
        JsonNode schema = first.schema();
        JsonNode element =
            schema.has("items") ? schema.path("items") : schema.path("additionalProperties");
        yield new Estimate(cost + 1, size(element), element);
      }
      case "matches" -> plain(cost + read(1 + first.size()) * Math.ceil(second.size() * 0.25));
      case "contains" -> plain(cost + read(first.size()) * read(second.size()));
      case "startsWith", "endsWith" -> plain(cost + read(second.size()));
      case "string" ->
          new Estimate(cost + 1, isText(call.args().getFirst()) ? first.size() : ENDLESS, unknown);
      case "size" -> plain(cost + 1);
      default ->
          new Estimate(cost + 1 + (isLong(expr) ? read(first.size()) : 0), first.size(), unknown);
    };
  }

  private boolean isText(CelExpr expr) {
    return tree.getType(expr.id()).map(CelType::kind).orElse(CelKind.DYN) == CelKind.STRING;
  }

  private boolean isScalar(CelExpr expr) {
    return switch (tree.getType(expr.id()).map(CelType::kind).orElse(CelKind.DYN)) {
      case BOOL, INT, UINT, DOUBLE, DURATION, TIMESTAMP -> true;
      default -> false;
    };
  }

  private boolean isLong(CelExpr expr) {
    return switch (tree.getType(expr.id()).map(CelType::kind).orElse(CelKind.DYN)) {
      case STRING, BYTES, LIST -> true;
      default -> false;
    };
  }
}
