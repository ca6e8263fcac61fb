package dev.coracle.schema.cel;

import java.util.AbstractMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code variables}: each is computed when it is first asked for, and not again. For
 * one evaluation, on one thread.
 */
public final class LazyVariables extends AbstractMap<String, Object> {

  /** Carries the failure of a variable through the expression that wanted it. */
  static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failed(String message) {
      super(message, null, false, false);
    }
  }

  private final Map<String, Expression> expressions = new LinkedHashMap<>();
  private final Map<String, Object> known = new HashMap<>();
  private final Map<String, Failed> failed = new HashMap<>();
  private final Map<String, ?> values;
  private final CostBudget budget;

  /**
   * @param values what the variables' expressions see, these variables among them
   * @param budget of which they take
   */
  public LazyVariables(Map<String, ?> values, CostBudget budget) {
    this.values = values;
    this.budget = budget;
  }

  public void define(String name, Expression expression) {
    expressions.put(name, expression);
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return expressions.containsKey(name);
  }

  @Override
  public @Nullable Object get(@Nullable Object key) {
    String name = String.valueOf(key);
    Object value = known.get(name);
    Expression expression = expressions.get(name);
    if (value != null || expression == null) {
      return value;
    }
    Failed before = failed.get(name);
    if (before != null) {
      throw before;
    }
    try {
      value = expression.evaluate(values, budget);
      known.put(name, value);
      return value;
    } catch (ExpressionException e) {
      Failed failure =
          new Failed("composited variable \"" + name + "\" fails to evaluate: " + e.reason());
      failed.put(name, failure);
      throw failure;
    }
  }

  @Override
  public Set<Entry<String, Object>> entrySet() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (String name : expressions.keySet()) {
      Object value = get(name);
      if (value != null) {
        all.put(name, value);
      }
    }
    return Collections.unmodifiableSet(all.entrySet());
  }

  /** The failure of a variable, if it was one, else one with the given words. */
  static ExpressionException failure(Throwable thrown, String otherwise) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof Failed variable) {
        return new ExpressionException(String.valueOf(variable.getMessage()));
      }
    }
    return new ExpressionException(otherwise);
  }
}
