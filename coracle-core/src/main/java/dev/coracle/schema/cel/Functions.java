package dev.coracle.schema.cel;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelEvaluationExceptionBuilder;
import dev.cel.runtime.CelFunctionBinding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Functions as the compiler and the runtime want them: declared, and bound to Java. */
final class Functions {

  /** What a function does. */
  @FunctionalInterface
  interface Call {
    Object apply(Object[] arguments) throws CelEvaluationException;
  }

  static final CelType ITEM = TypeParamType.create("T");
  static final CelType ITEMS = ListType.create(ITEM);

  private final Map<String, List<CelOverloadDecl>> overloads = new LinkedHashMap<>();
  private final List<CelFunctionBinding> bindings = new ArrayList<>();
  private final Map<String, Class<?>> opaque = new HashMap<>();

  /** A type that the language does not look into. */
  CelType type(String name, Class<?> representation) {
    opaque.put(name, representation);
    return OpaqueType.create(name);
  }

  /** {@code name(arguments)}. */
  void global(String name, CelType result, Call call, CelType... parameters) {
    String id = id(name, parameters);
    declare(name, CelOverloadDecl.newGlobalOverload(id, result, parameters));
    bind(id, call, parameters);
  }

  /** {@code first.name(others)}. */
  void member(String name, CelType result, Call call, CelType... parameters) {
    String id = "member_" + id(name, parameters);
    declare(name, CelOverloadDecl.newMemberOverload(id, result, parameters));
    bind(id, call, parameters);
  }

  private static String id(String name, CelType... parameters) {
    StringBuilder id = new StringBuilder("kubernetes_").append(name.replace('.', '_'));
    for (CelType parameter : parameters) {
      id.append('_').append(parameter.name());
    }
    return id.toString();
  }

  private void declare(String name, CelOverloadDecl overload) {
    overloads.computeIfAbsent(name, key -> new ArrayList<>()).add(overload);
  }

  @SuppressWarnings("Immutable") // the calls here keep nothing
  private void bind(String id, Call call, CelType... parameters) {
    List<Class<?>> classes = new ArrayList<>();
    for (CelType parameter : parameters) {
      classes.add(representation(parameter));
    }
    bindings.add(CelFunctionBinding.from(id, classes, call::apply));
  }

  private Class<?> representation(CelType type) {
    if (type.equals(SimpleType.STRING)) {
      return String.class;
    }
    if (type.equals(SimpleType.INT)) {
      return Long.class;
    }
    if (type.equals(SimpleType.DOUBLE)) {
      return Double.class;
    }
    if (type.equals(SimpleType.BOOL)) {
      return Boolean.class;
    }
    if (type.equals(SimpleType.DURATION)) {
      return Duration.class;
    }
    if (type.equals(SimpleType.TIMESTAMP)) {
      return Instant.class;
    }
    if (type instanceof ListType) {
      return List.class;
    }
    if (type instanceof MapType) {
      return Map.class;
    }
    return opaque.getOrDefault(type.name(), Object.class);
  }

  List<CelFunctionDecl> declarations() {
    List<CelFunctionDecl> declarations = new ArrayList<>();
    overloads.forEach(
        (name, each) -> declarations.add(CelFunctionDecl.newFunctionDeclaration(name, each)));
    return declarations;
  }

  List<CelFunctionBinding> bindings() {
    return bindings;
  }

  static CelEvaluationException failure(String message) {
    return CelEvaluationExceptionBuilder.newBuilder(message).build();
  }
}
