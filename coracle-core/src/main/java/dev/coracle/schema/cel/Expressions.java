package dev.coracle.schema.cel;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Compiles expressions in Kubernetes' environment: the language with strings, sets, lists, math,
 * encoders, optional values, two-variable comprehensions, and the libraries of {@link
 * KubernetesFunctions}.
 */
public final class Expressions {

  /** How many steps of loops an evaluation may take. */
  private static final int STEPS = 1_000_000;

  private static final int KEPT = 512;
  private static final Pattern CANDIDATES = Pattern.compile("(?m) \\(candidates: .*\\)$");
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?m)^(ERROR: <input>:\\d+:\\d+: )(?=mismatched input|no viable alternative|token"
              + " recognition error|extraneous input|missing )");

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .enableHeterogeneousNumericComparisons(true)
          .evaluateCanonicalTypesToNativeValues(true)
          .enableTimestampEpoch(true)
          .enableUnsignedLongs(true)
          .enableOptionalSyntax(true)
          .enableHomogeneousLiterals(false)
          .enableQuotedIdentifierSyntax(false)
          .comprehensionMaxIterations(STEPS)
          .maxExpressionCodePointSize(100_000)
          .build();

  private static final Map<Key, Expression> COMPILED =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Expression> eldest) {
          return size() > KEPT;
        }
      };

  private Expressions() {}

  private record Key(String source, Set<String> variables) {}

  /**
   * Compiles an expression over variables of any type, as those of admission policies are: {@code
   * object}, {@code oldObject}, {@code request}, {@code params}, {@code namespaceObject}, {@code
   * variables}. What is compiled is kept for the next time.
   *
   * @throws ExpressionException when it does not compile, with the compiler's text
   */
  public static Expression compile(String source, Set<String> variables)
      throws ExpressionException {
    Key key = new Key(source, Set.copyOf(variables));
    synchronized (COMPILED) {
      Expression known = COMPILED.get(key);
      if (known != null) {
        return known;
      }
    }
    Map<String, CelType> types = new LinkedHashMap<>();
    variables.forEach(name -> types.put(name, SimpleType.DYN));
    Expression compiled = compile(source, types, List.of());
    synchronized (COMPILED) {
      COMPILED.put(key, compiled);
    }
    return compiled;
  }

  /**
   * Compiles an expression over typed variables.
   *
   * @param types those that {@code variables} refer to by name
   */
  static Expression compile(
      String source, Map<String, CelType> variables, List<? extends CelType> types)
      throws ExpressionException {
    CelCompiler compiler = compiler(variables, types);
    return program(source, compiler.compile(source), false);
  }

  /** As {@link #compile}, for expressions that make values of {@link Mutations}' types. */
  static Expression compileMutation(
      String source, Map<String, CelType> variables, List<? extends CelType> types)
      throws ExpressionException {
    CelValidationResult parsed = compiler(variables, types).parse(source);
    if (parsed.hasError()) {
      throw new ExpressionException(parsed.getErrorString());
    }
    try {
      List<CelType> all = new ArrayList<>(types);
      all.addAll(Mutations.in(parsed.getAst()));
      return program(source, compiler(variables, all).compile(source), true);
    } catch (CelValidationException e) {
      throw new ExpressionException(String.valueOf(e.getMessage()));
    }
  }

  private static CelCompiler compiler(
      Map<String, CelType> variables, List<? extends CelType> types) {
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addLibraries(
                CelExtensions.optional(),
                CelExtensions.strings(),
                CelExtensions.encoders(OPTIONS),
                CelExtensions.sets(OPTIONS),
                CelExtensions.lists(),
                CelExtensions.math(OPTIONS),
                CelExtensions.bindings(),
                CelExtensions.comprehensions())
            .addFunctionDeclarations(KubernetesFunctions.all().declarations());
    variables.forEach(builder::addVar);
    if (!types.isEmpty()) {
      builder.setTypeProvider(new Types(ImmutableList.copyOf(types)));
    }
    return builder.build();
  }

  private static Expression program(String source, CelValidationResult result, boolean mutation)
      throws ExpressionException {
    if (result.hasError()) {
      throw new ExpressionException(asInGo(result.getErrorString()));
    }
    try {
      CelAbstractSyntaxTree tree = result.getAst();
      return new Expression(source, tree, runtime(mutation).createProgram(tree));
    } catch (CelValidationException | CelEvaluationException e) {
      throw new ExpressionException(String.valueOf(e.getMessage()));
    }
  }

  private static CelRuntime runtime(boolean mutation) {
    return mutation ? MutationHolder.RUNTIME : Holder.RUNTIME;
  }

  /** Made with the first expression of a MutatingAdmissionPolicy. */
  private static final class MutationHolder {
    static final CelRuntime RUNTIME =
        Holder.builder()
            .setOptions(OPTIONS.toBuilder().enableCelValue(true).build())
            .setValueProvider(Mutations.provider())
            .build();
  }

  /** Errors as Kubernetes' compiler words them, which names no candidates. */
  private static String asInGo(String errors) {
    return SYNTAX.matcher(CANDIDATES.matcher(errors).replaceAll("")).replaceAll("$1Syntax error: ");
  }

  private record Types(ImmutableList<CelType> all) implements CelTypeProvider {

    @Override
    public ImmutableCollection<CelType> types() {
      return all;
    }

    @Override
    public Optional<CelType> findType(String name) {
      return all.stream().filter(type -> type.name().equals(name)).findFirst();
    }
  }

  /** Made with the first expression. */
  private static final class Holder {
    static final CelRuntime RUNTIME = builder().build();

    static CelRuntimeBuilder builder() {
      return CelRuntimeFactory.standardCelRuntimeBuilder()
          .setOptions(OPTIONS)
          .addLibraries(
              CelExtensions.optional(),
              CelExtensions.strings(),
              CelExtensions.encoders(OPTIONS),
              CelExtensions.sets(OPTIONS),
              CelExtensions.lists(),
              CelExtensions.math(OPTIONS),
              CelExtensions.comprehensions())
          .addFunctionBindings(KubernetesFunctions.all().bindings());
    }
  }
}
