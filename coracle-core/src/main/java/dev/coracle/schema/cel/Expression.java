package dev.coracle.schema.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A compiled expression; may be evaluated by many threads at once. */
public final class Expression {

  private static final String TOO_EXPENSIVE = "operation cancelled: actual cost limit exceeded";
  private static final Pattern LOCATED =
      Pattern.compile("^evaluation error(?: at [^:]*:\\d+(?::\\d+)?)?: ", Pattern.DOTALL);
  private static final Pattern MISSING_KEY =
      Pattern.compile("key '(.*)' is not present in map\\.?");

  private final String source;
  private final CelAbstractSyntaxTree tree;
  private final CelRuntime.Program program;

  Expression(String source, CelAbstractSyntaxTree tree, CelRuntime.Program program) {
    this.source = source;
    this.tree = tree;
    this.program = program;
  }

  public String source() {
    return source;
  }

  CelType resultType() {
    return tree.getResultType();
  }

  /** Whether the compiler knows that the value is none of a boolean. */
  public boolean neverBoolean() {
    return never(SimpleType.BOOL);
  }

  /** Whether the compiler knows that the value is none of a string. */
  public boolean neverText() {
    return never(SimpleType.STRING);
  }

  /** Whether the compiler knows that the value is a boolean. */
  public boolean isBoolean() {
    return resultType().equals(SimpleType.BOOL);
  }

  /** Whether the compiler knows that the value is an {@code Object} of a mutating policy. */
  public boolean isMutationObject() {
    return resultType().name().equals("Object");
  }

  /** Whether the compiler knows that the value is a list of {@code JSONPatch}. */
  public boolean isPatchList() {
    return resultType() instanceof ListType list
        && list.hasElemType()
        && list.elemType().name().equals("JSONPatch");
  }

  /**
   * Evaluates it and checks that the types of a mutating policy stand where their names say.
   *
   * @return JSON: an object to apply, or the operations of a JSON patch
   */
  public JsonNode evaluateMutation(Map<String, ?> variables, CostBudget budget)
      throws ExpressionException {
    Object value = evaluate(variables, budget);
    String problem = "";
    if (value instanceof List<?> patches) {
      for (Object patch : patches) {
        if (patch instanceof Map<?, ?> operation
            && operation.get("value") instanceof Mutations.Made made) {
          problem += Mutations.misplaced(made, made.type());
        }
      }
    } else {
      problem = Mutations.misplaced(value, "Object");
    }
    if (!problem.isEmpty()) {
      throw new ExpressionException("type mismatch: " + problem);
    }
    return ExpressionValues.json(value);
  }

  /** Whether the compiler knows that the value is a string. */
  public boolean isText() {
    return resultType().equals(SimpleType.STRING);
  }

  /** Whether the compiler knows that the value is null. */
  public boolean isNull() {
    return resultType().equals(SimpleType.NULL_TYPE);
  }

  private boolean never(CelType wanted) {
    CelType type = resultType();
    return !type.equals(wanted) && !type.equals(SimpleType.DYN) && !type.equals(SimpleType.ANY);
  }

  /**
   * How many steps it may take at worst, by what the schema of {@code self} allows.
   *
   * @param self the schema of the place that has the rule
   */
  public double worstCost(JsonNode self) {
    return ExpressionCost.worst(tree, self);
  }

  /** How many items a list or map of a schema may have. */
  public static double mostItems(JsonNode schema) {
    return ExpressionCost.items(schema);
  }

  /** Whether a name occurs as an identifier in it. */
  public boolean mentions(String name) {
    return identifiers().contains(name);
  }

  private Set<String> identifiers() {
    return CelNavigableAst.fromAst(tree)
        .getRoot()
        .allNodes()
        .map(node -> node.expr())
        .filter(expr -> expr.getKind() == CelExpr.ExprKind.Kind.IDENT)
        .map(expr -> expr.ident().name())
        .collect(Collectors.toSet());
  }

  /**
   * Evaluates it.
   *
   * @param variables values by name: what {@link ExpressionValues} makes of JSON, or what another
   *     expression gave
   * @return Boolean, Long, Double, String, List, Map or another value of the language; a value that
   *     {@link ExpressionValues#json} can turn to JSON
   * @throws ExpressionException when there is no value: a missing key, a division by zero
   */
  public Object evaluate(Map<String, ?> variables) throws ExpressionException {
    try {
      return program.eval(variables);
    } catch (CelEvaluationException e) {
      throw new ExpressionException(inKubernetesWords(e));
    }
  }

  /**
   * Evaluates it, and takes what that costs from a budget.
   *
   * @throws ExpressionException also when it costs more than one evaluation may, with {@code
   *     operation cancelled: actual cost limit exceeded}
   */
  public Object evaluate(Map<String, ?> variables, CostBudget budget) throws ExpressionException {
    ActualCost cost = new ActualCost(CostBudget.CALL);
    try {
      return program.trace(variables, cost);
    } catch (CelEvaluationException e) {
      throw cost.isExceeded()
          ? new ExpressionException(TOO_EXPENSIVE)
          : LazyVariables.failure(e, inKubernetesWords(e));
    } catch (LazyVariables.Failed e) {
      throw LazyVariables.failure(e, "");
    } catch (ActualCost.LimitExceeded e) {
      throw new ExpressionException(TOO_EXPENSIVE);
    } finally {
      budget.spend(cost.total());
    }
  }

  private static String inKubernetesWords(CelEvaluationException failure) {
    String message = failure.getMessage() == null ? "" : failure.getMessage();
    message = LOCATED.matcher(message).replaceFirst("");
    Matcher missing = MISSING_KEY.matcher(message);
    if (missing.matches()) {
      return "no such key: " + missing.group(1);
    }
    if (message.startsWith("No matching overload")) {
      return "no such overload";
    }
    if (message.contains("by zero")) {
      return message.contains("odulus") ? "modulus by zero" : "division by zero";
    }
    if (message.startsWith("Iteration budget exceeded")) {
      return TOO_EXPENSIVE;
    }
    return message;
  }
}
