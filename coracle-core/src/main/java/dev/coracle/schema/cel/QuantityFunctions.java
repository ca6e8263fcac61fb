package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.DOUBLE;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;

import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import dev.coracle.api.Quantity;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Kubernetes' quantity library. */
final class QuantityFunctions {

  private QuantityFunctions() {}

  static void add(Functions functions) {
    CelType type = functions.type("kubernetes.Quantity", Quantity.class);
    functions.global("quantity", type, call -> parsed(call[0]), STRING);
    functions.global("isQuantity", BOOL, call -> find((String) call[0]) != null, STRING);
    functions.member("sign", INT, call -> (long) of(call[0]).signum(), type);
    functions.member("isInteger", BOOL, call -> isInteger(of(call[0])), type);
    functions.member("asInteger", INT, call -> asInteger(of(call[0])), type);
    functions.member("asApproximateFloat", DOUBLE, call -> of(call[0]).value().doubleValue(), type);
    functions.member("add", type, call -> of(call[0]).plus(of(call[1])), type, type);
    functions.member("add", type, call -> of(call[0]).plus(Quantity.of((Long) call[1])), type, INT);
    functions.member("sub", type, call -> of(call[0]).minus(of(call[1])), type, type);
    functions.member(
        "sub", type, call -> of(call[0]).minus(Quantity.of((Long) call[1])), type, INT);
    functions.member(
        "isGreaterThan", BOOL, call -> of(call[0]).compareTo(of(call[1])) > 0, type, type);
    functions.member(
        "isLessThan", BOOL, call -> of(call[0]).compareTo(of(call[1])) < 0, type, type);
    functions.member(
        "compareTo",
        INT,
        call -> (long) Integer.signum(of(call[0]).compareTo(of(call[1]))),
        type,
        type);
  }

  private static Quantity of(Object value) {
    return (Quantity) value;
  }

  private static @Nullable Quantity find(String text) {
    try {
      return Quantity.parse(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Quantity parsed(Object text) throws CelEvaluationException {
    Quantity quantity = find((String) text);
    if (quantity == null) {
      throw Functions.failure(
          "quantities must match the regular expression"
              + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
    return quantity;
  }

  private static boolean isInteger(Quantity quantity) {
    BigDecimal value = quantity.value().stripTrailingZeros();
    return value.scale() <= 0 && value.toBigInteger().bitLength() < Long.SIZE;
  }

  private static Long asInteger(Quantity quantity) throws CelEvaluationException {
    if (!isInteger(quantity)) {
      throw Functions.failure("cannot convert value to integer");
    }
    return quantity.value().longValueExact();
  }
}
