package dev.coracle.schema.cel;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.CelValue;
import dev.cel.common.values.CelValueProvider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The types that expressions of MutatingAdmissionPolicies make values of: {@code Object} with
 * {@code Object.spec} and so on, whose fields may have any name, and {@code JSONPatch}.
 */
final class Mutations {

  static final CelType OBJECT = struct("Object", java.util.Set.of());
  static final StructType PATCH =
      StructType.create(
          "JSONPatch",
          ImmutableSet.of("op", "path", "from", "value"),
          field ->
              Optional.ofNullable(
                  switch (field) {
                    case "op", "path", "from" -> SimpleType.STRING;
                    case "value" -> SimpleType.DYN;
                    default -> null;
                  }));
  static final CelType PATCHES = ListType.create(PATCH);

  private Mutations() {}

  /** A value that was made of one of the types. */
  static final class Made extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1L;
    private final String type;

    Made(String type, Map<String, Object> fields) {
      super(fields);
      this.type = type;
    }

    String type() {
      return type;
    }
  }

  private static StructType struct(String name, java.util.Set<String> fields) {
    return StructType.create(
        name, ImmutableSet.copyOf(fields), field -> Optional.of(SimpleType.DYN));
  }

  static boolean is(String type) {
    return type.equals("Object") || type.startsWith("Object.") || type.equals("JSONPatch");
  }

  /** The types that an expression makes values of, with the fields it sets. */
  static List<StructType> in(CelAbstractSyntaxTree parsed) {
    Map<String, TreeSet<String>> fields = new TreeMap<>();
    fields.put("Object", new TreeSet<>());
    CelNavigableAst.fromAst(parsed)
        .getRoot()
        .allNodes()
        .map(node -> node.expr())
        .filter(expr -> expr.getKind() == CelExpr.ExprKind.Kind.STRUCT)
        .forEach(
            expr -> {
              String name = expr.struct().messageName();
              if (is(name) && !name.equals("JSONPatch")) {
                TreeSet<String> own = fields.computeIfAbsent(name, any -> new TreeSet<>());
                expr.struct().entries().forEach(entry -> own.add(entry.fieldKey()));
              }
            });
    List<StructType> types = new java.util.ArrayList<>(List.of(PATCH));
    fields.forEach((name, own) -> types.add(struct(name, own)));
    return types;
  }

  /** Makes the values. */
  static CelValueProvider provider() {
    return (type, fields) ->
        is(type) ? Optional.of(new Value(new Made(type, fields))) : Optional.empty();
  }

  @SuppressWarnings("Immutable") // values of an evaluation are not changed
  private static final class Value extends CelValue {
    private final Made made;

    Value(Made made) {
      this.made = made;
    }

    @Override
    public Object value() {
      return made;
    }

    @Override
    public boolean isZeroValue() {
      return made.isEmpty();
    }

    @Override
    public CelType celType() {
      return struct(made.type(), made.keySet());
    }
  }

  /**
   * Whether types stand where their names say: {@code Object.spec} only in the field {@code spec}.
   *
   * @return what is wrong, empty when nothing is
   */
  static String misplaced(Object value, String path) {
    StringBuilder problems = new StringBuilder();
    check(value, path, problems);
    return problems.toString();
  }

  private static void check(Object value, String path, StringBuilder problems) {
    switch (value) {
      case Made made -> {
        if (!made.type().equals(path)) {
          problems
              .append(problems.isEmpty() ? "" : "\n")
              .append("unexpected type name \"")
              .append(made.type())
              .append("\", expected \"")
              .append(path)
              .append("\", which matches field name path from root Object type");
        }
        made.forEach((name, field) -> check(field, path + "." + name, problems));
      }
      case List<?> list -> list.forEach(item -> check(item, path, problems));
      case Map<?, ?> map -> map.values().forEach(item -> check(item, path, problems));
      default -> {}
    }
  }
}
