package dev.coracle.cluster.access;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.auth.ExpressionCompiler;
import dev.coracle.schema.cel.Expression;
import dev.coracle.schema.cel.ExpressionException;
import dev.coracle.schema.cel.ExpressionValues;
import dev.coracle.schema.cel.Expressions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** CEL for authentication and authorization: the same as admission's and CRDs'. */
final class CelExpressions implements ExpressionCompiler {

  @Override
  public Compiled compile(String source, Set<String> variables) {
    Expression expression;
    try {
      expression = Expressions.compile(source, variables);
    } catch (ExpressionException e) {
      throw new IllegalArgumentException(e.reason(), e);
    }
    return values -> evaluate(expression, values);
  }

  private static JsonNode evaluate(Expression expression, Map<String, JsonNode> values) {
    Map<String, Object> variables = new HashMap<>();
    values.forEach((name, value) -> variables.put(name, ExpressionValues.of(value)));
    try {
      return ExpressionValues.json(expression.evaluate(variables));
    } catch (ExpressionException e) {
      throw new IllegalArgumentException(e.reason(), e);
    }
  }
}
