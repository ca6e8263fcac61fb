package dev.coracle.schema.cel;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.values.CelByteString;
import dev.cel.runtime.CelEvaluationListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts what an evaluation costs while it goes on, as cel-go's cost tracker and Kubernetes'
 * library do: the interpreter tells it of every expression that has a value. An evaluation that
 * costs more than its limit is ended.
 */
final class ActualCost implements CelEvaluationListener {

  /** Ends the evaluation. */
  static final class LimitExceeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LimitExceeded() {
      super("operation cancelled: actual cost limit exceeded", null, false, false);
    }
  }

  private static final double READ = 0.1;
  private static final double PATTERN = 0.25;
  private static final int LIST = 10;
  private static final int MAP = 30;
  private static final int STRUCTURE = 40;
  private static final int AUTHORIZATION = 350_000;

  private final long limit;
  private final Map<Long, Object> values = new HashMap<>();
  private long total;
  private boolean exceeded;

  ActualCost(long limit) {
    this.limit = limit;
  }

  long total() {
    return total;
  }

  boolean isExceeded() {
    return exceeded;
  }

  @Override
  public void callback(CelExpr expression, Object value) {
    total +=
        switch (expression.getKind()) {
          case CONSTANT, COMPREHENSION, NOT_SET -> 0;
          case IDENT, SELECT -> 1;
          case LIST -> LIST;
          case MAP -> MAP;
          case STRUCT -> STRUCTURE;
          case CALL -> call(expression.call());
        };
    values.put(expression.id(), value);
    if (total > limit) {
      exceeded = true;
      throw new LimitExceeded();
    }
  }

  private long call(CelExpr.CelCall call) {
    List<CelExpr> arguments = new ArrayList<>(call.args().size() + 1);
    call.target().ifPresent(arguments::add);
    arguments.addAll(call.args());
    long first = size(arguments, 0);
    long second = size(arguments, 1);
    return switch (call.function()) {
      case "_&&_", "_||_", "_?_:_" -> 0;
      case "startsWith", "endsWith" -> read(second);
      case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_" -> read(Math.min(first, second));
      case "_+_" -> isText(arguments) ? read(first + second) : 1;
      case "@in" -> value(arguments, 1) instanceof List<?> ? second : 1;
      case "matches", "find", "findAll" -> read(1 + first) * units(second, PATTERN);
      case "contains" -> read(first) * read(second);
      case "sets.contains", "sets.intersects", "sets.equivalent" -> first * second;
      case "isSorted", "sum", "min", "max" -> first;
      case "indexOf", "lastIndexOf" ->
          value(arguments, 0) instanceof List<?> ? first : read(first) * read(second);
      case "string", "bytes" -> isText(arguments) ? read(first) : 1;
      case "lowerAscii",
          "upperAscii",
          "trim",
          "substring",
          "replace",
          "split",
          "join",
          "format",
          "strings.quote",
          "reverse",
          "url",
          "isURL",
          "ip",
          "isIP",
          "ip.isCanonical",
          "cidr",
          "isCIDR",
          "quantity",
          "isQuantity",
          "semver",
          "isSemver",
          "validate",
          "base64.encode",
          "base64.decode" ->
          Math.max(1, read(first));
      case "check" -> AUTHORIZATION;
      default -> 1;
    };
  }

  private static long read(long size) {
    return units(size, READ);
  }

  private static long units(long size, double factor) {
    return (long) Math.ceil(size * factor);
  }

  private @Nullable Object value(List<CelExpr> arguments, int index) {
    return index < arguments.size() ? values.get(arguments.get(index).id()) : null;
  }

  private long size(List<CelExpr> arguments, int index) {
    Object value = value(arguments, index);
    return switch (value) {
      case null -> 1;
      case String text -> text.codePointCount(0, text.length());
      case CelByteString bytes -> bytes.size();
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      default -> 1;
    };
  }

  private boolean isText(List<CelExpr> arguments) {
    Object first = value(arguments, 0);
    return first instanceof String || first instanceof CelByteString;
  }
}
