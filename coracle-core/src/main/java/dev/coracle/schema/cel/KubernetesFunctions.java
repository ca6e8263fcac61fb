package dev.coracle.schema.cel;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.DYN;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.types.ListType;
import dev.cel.runtime.CelEvaluationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The functions that Kubernetes adds to the language, as "Common Expression Language in Kubernetes"
 * (kubernetes.io/docs/reference/using-api/cel) lists them.
 */
final class KubernetesFunctions {

  private KubernetesFunctions() {}

  private static final class Holder {
    static final Functions ALL = make();
  }

  static Functions all() {
    return Holder.ALL;
  }

  private static Functions make() {
    Functions functions = new Functions();
    lists(functions);
    texts(functions);
    QuantityFunctions.add(functions);
    AddressFunctions.add(functions);
    UrlFunctions.add(functions);
    FormatFunctions.add(functions);
    SemverFunctions.add(functions);
    AuthorizerFunctions.add(functions);
    return functions;
  }

  private static void lists(Functions functions) {
    functions.member("isSorted", BOOL, call -> isSorted(list(call[0])), Functions.ITEMS);
    functions.member("sum", Functions.ITEM, call -> sum(list(call[0])), Functions.ITEMS);
    functions.member("min", Functions.ITEM, call -> extreme(list(call[0]), -1), Functions.ITEMS);
    functions.member("max", Functions.ITEM, call -> extreme(list(call[0]), 1), Functions.ITEMS);
    functions.member(
        "indexOf",
        INT,
        call -> (long) list(call[0]).indexOf(call[1]),
        Functions.ITEMS,
        Functions.ITEM);
    functions.member(
        "lastIndexOf",
        INT,
        call -> (long) list(call[0]).lastIndexOf(call[1]),
        Functions.ITEMS,
        Functions.ITEM);
  }

  private static List<?> list(Object value) {
    return (List<?>) value;
  }

  @SuppressWarnings("unchecked")
  private static int compare(Object left, Object right) throws CelEvaluationException {
    if (left instanceof Number a && right instanceof Number b && a.getClass() != b.getClass()) {
      return Double.compare(a.doubleValue(), b.doubleValue());
    }
    if (left.getClass() == right.getClass() && left instanceof Comparable<?>) {
      return ((Comparable<Object>) left).compareTo(right);
    }
    throw Functions.failure("no such overload");
  }

  private static boolean isSorted(List<?> items) throws CelEvaluationException {
    for (int i = 1; i < items.size(); i++) {
      if (compare(items.get(i - 1), items.get(i)) > 0) {
        return false;
      }
    }
    return true;
  }

  private static Object extreme(List<?> items, int direction) throws CelEvaluationException {
    if (items.isEmpty()) {
      throw Functions.failure((direction < 0 ? "min" : "max") + " called on empty list");
    }
    Object best = items.get(0);
    for (Object item : items) {
      if (Integer.signum(compare(item, best)) == direction) {
        best = item;
      }
    }
    return best;
  }

  private static Object sum(List<?> items) throws CelEvaluationException {
    if (items.isEmpty()) {
      return 0L;
    }
    if (items.get(0) instanceof Duration) {
      Duration sum = Duration.ZERO;
      for (Object item : items) {
        sum = sum.plus((Duration) item);
      }
      return sum;
    }
    long whole = 0;
    double floating = 0;
    boolean exact = true;
    for (Object item : items) {
      switch (item) {
        case Long number -> {
          try {
            whole = Math.addExact(whole, number);
          } catch (ArithmeticException e) {
            throw Functions.failure("integer overflow");
          }
        }
        case Double number -> {
          exact = false;
          floating += number;
        }
        default -> throw Functions.failure("no such overload");
      }
    }
    if (exact) {
      return whole;
    }
    return floating + whole;
  }

  private static void texts(Functions functions) {
    functions.member("find", STRING, call -> find(text(call[0]), text(call[1])), STRING, STRING);
    functions.member(
        "findAll",
        ListType.create(STRING),
        call -> findAll(text(call[0]), text(call[1]), -1),
        STRING,
        STRING);
    functions.member(
        "findAll",
        ListType.create(STRING),
        call -> findAll(text(call[0]), text(call[1]), (Long) call[2]),
        STRING,
        STRING,
        INT);
    functions.member(
        "format",
        STRING,
        call -> TextFormat.format(text(call[0]), list(call[1])),
        STRING,
        ListType.create(DYN));
    functions.global(
        "jsonpatch.escapeKey",
        STRING,
        call -> text(call[0]).replace("~", "~0").replace("/", "~1"),
        STRING);
    functions.global("strings.quote", STRING, call -> TextFormat.quote(text(call[0])), STRING);
  }

  private static String text(Object value) {
    return (String) value;
  }

  static Pattern pattern(String pattern) throws CelEvaluationException {
    try {
      return Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw Functions.failure("Illegal regex: " + e.getMessage());
    }
  }

  private static String find(String text, String pattern) throws CelEvaluationException {
    Matcher matcher = pattern(pattern).matcher(text);
    return matcher.find() ? matcher.group() : "";
  }

  private static List<String> findAll(String text, String pattern, long most)
      throws CelEvaluationException {
    Matcher matcher = pattern(pattern).matcher(text);
    List<String> found = new ArrayList<>();
    while ((most < 0 || found.size() < most) && matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }
}
