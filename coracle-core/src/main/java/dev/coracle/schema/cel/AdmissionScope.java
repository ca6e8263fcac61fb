package dev.coracle.schema.cel;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.coracle.api.AdmissionAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What expressions of admission policies and match conditions see: {@code object}, {@code
 * oldObject}, {@code request}, {@code namespaceObject} and {@code variables}; {@code params} and
 * {@code authorizer} where there are such.
 */
public final class AdmissionScope {

  private static final int KEPT = 512;

  private record Key(
      String source,
      boolean params,
      boolean authorizer,
      boolean mutation,
      Map<String, CelType> variables) {}

  private static final Map<Key, Expression> COMPILED =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Expression> eldest) {
          return size() > KEPT;
        }
      };

  private final boolean params;
  private final boolean authorizer;
  private final Map<String, CelType> variables;

  private AdmissionScope(boolean params, boolean authorizer, Map<String, CelType> variables) {
    this.params = params;
    this.authorizer = authorizer;
    this.variables = variables;
  }

  public static AdmissionScope of(boolean params, boolean authorizer) {
    return new AdmissionScope(params, authorizer, Map.of());
  }

  /** The same with one more variable, of the type that its expression gives. */
  public AdmissionScope withVariable(String name, Expression expression) {
    Map<String, CelType> more = new LinkedHashMap<>(variables);
    more.put(name, expression.resultType());
    return new AdmissionScope(params, authorizer, more);
  }

  /** The same with one more variable, of which nothing is known. */
  public AdmissionScope withVariable(String name) {
    Map<String, CelType> more = new LinkedHashMap<>(variables);
    more.put(name, SimpleType.DYN);
    return new AdmissionScope(params, authorizer, more);
  }

  /** The same for expressions that may not ask for rights. */
  public AdmissionScope withoutAuthorizer() {
    return new AdmissionScope(params, false, variables);
  }

  /**
   * Compiles an expression; what is compiled is kept for the next time.
   *
   * @throws ExpressionException with the compiler's text
   */
  public Expression compile(String source) throws ExpressionException {
    return compile(source, false);
  }

  /**
   * Compiles a mutation of a MutatingAdmissionPolicy, which makes an {@code Object} or a list of
   * {@code JSONPatch}; what is compiled is kept for the next time.
   *
   * @throws ExpressionException with the compiler's text
   */
  public Expression compileMutation(String source) throws ExpressionException {
    return compile(source, true);
  }

  private Expression compile(String source, boolean mutation) throws ExpressionException {
    Key key = new Key(source, params, authorizer, mutation, variables);
    synchronized (COMPILED) {
      Expression known = COMPILED.get(key);
      if (known != null) {
        return known;
      }
    }
    Expression compiled = compile(source, SimpleType.DYN, SimpleType.DYN, List.of(), mutation);
    synchronized (COMPILED) {
      COMPILED.put(key, compiled);
    }
    return compiled;
  }

  /**
   * Compiles an expression as if the objects and parameters were of known types: what is wrong then
   * is only worth a warning.
   *
   * @param object null when it is not known
   * @param parameters null when they are not known
   */
  public Expression compile(
      String source, @Nullable KnownType object, @Nullable KnownType parameters)
      throws ExpressionException {
    List<StructType> types = new ArrayList<>();
    if (object != null) {
      types.addAll(object.structs());
    }
    if (parameters != null) {
      types.addAll(parameters.structs());
    }
    return compile(
        source,
        object == null ? SimpleType.DYN : object.type(),
        parameters == null ? SimpleType.DYN : parameters.type(),
        types,
        false);
  }

  private Expression compile(
      String source, CelType object, CelType parameters, List<StructType> types, boolean mutation)
      throws ExpressionException {
    Map<String, CelType> known = new LinkedHashMap<>();
    known.put("object", object);
    known.put("oldObject", object);
    known.put("request", AdmissionTypes.REQUEST);
    known.put("namespaceObject", AdmissionTypes.NAMESPACE);
    List<StructType> all = new ArrayList<>(types);
    all.addAll(AdmissionTypes.ALL);
    if (params) {
      known.put("params", parameters);
    }
    if (authorizer) {
      known.put("authorizer", AuthorizerFunctions.AUTHORIZER);
      known.put("authorizer.requestResource", AuthorizerFunctions.RESOURCE);
    }
    if (!variables.isEmpty()) {
      StructType struct = AdmissionTypes.struct("kubernetes.variables", variables);
      known.put("variables", struct);
      all.add(struct);
    }
    return mutation
        ? Expressions.compileMutation(source, known, all)
        : Expressions.compile(source, known, all);
  }

  /** The value of {@code authorizer}, and of its {@code requestResource}. */
  public static void putAuthorizer(
      Map<String, Object> values, AccessCheck access, AdmissionAttributes attributes) {
    var self = new AuthorizerFunctions.Authorizer(access, attributes.user());
    values.put("authorizer", self);
    values.put(
        "authorizer.requestResource",
        new AuthorizerFunctions.ResourceCheck(
            self,
            attributes.resource().group(),
            attributes.resource().version(),
            attributes.resource().resource(),
            attributes.subresource(),
            attributes.namespace(),
            attributes.name()));
  }

  /** The types of {@code request} and {@code namespaceObject}. */
  private static final class AdmissionTypes {

    static final List<StructType> ALL = new ArrayList<>();
    private static final CelType TEXTS = MapType.create(SimpleType.STRING, SimpleType.STRING);
    private static final StructType KIND = texts("GroupVersionKind", "group", "version", "kind");
    private static final StructType RESOURCE =
        texts("GroupVersionResource", "group", "version", "resource");
    private static final StructType USER = user();
    static final StructType REQUEST = request();
    static final StructType NAMESPACE = namespace();

    private AdmissionTypes() {}

    @SuppressWarnings("Immutable") // the map is a copy that nothing changes
    static StructType struct(String name, Map<String, CelType> fields) {
      Map<String, CelType> copy = Map.copyOf(fields);
      return StructType.create(
          name, ImmutableSet.copyOf(copy.keySet()), field -> Optional.ofNullable(copy.get(field)));
    }

    private static StructType kept(String name, Map<String, CelType> fields) {
      StructType struct = struct("kubernetes." + name, fields);
      ALL.add(struct);
      return struct;
    }

    private static StructType texts(String name, String... fields) {
      Map<String, CelType> types = new LinkedHashMap<>();
      for (String field : fields) {
        types.put(field, SimpleType.STRING);
      }
      return kept(name, types);
    }

    private static StructType user() {
      return kept(
          "UserInfo",
          Map.of(
              "username",
              SimpleType.STRING,
              "uid",
              SimpleType.STRING,
              "groups",
              ListType.create(SimpleType.STRING),
              "extra",
              MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING))));
    }

    private static StructType request() {
      Map<String, CelType> fields = new LinkedHashMap<>();
      fields.put("kind", KIND);
      fields.put("resource", RESOURCE);
      fields.put("subResource", SimpleType.STRING);
      fields.put("requestKind", KIND);
      fields.put("requestResource", RESOURCE);
      fields.put("requestSubResource", SimpleType.STRING);
      fields.put("name", SimpleType.STRING);
      fields.put("namespace", SimpleType.STRING);
      fields.put("operation", SimpleType.STRING);
      fields.put("userInfo", USER);
      fields.put("dryRun", SimpleType.BOOL);
      fields.put("options", SimpleType.DYN);
      return kept("AdmissionRequest", fields);
    }

    private static StructType namespace() {
      Map<String, CelType> metadata = new LinkedHashMap<>();
      for (String field :
          new String[] {"name", "generateName", "namespace", "UID", "resourceVersion"}) {
        metadata.put(field, SimpleType.STRING);
      }
      metadata.put("labels", TEXTS);
      metadata.put("annotations", TEXTS);
      metadata.put("creationTimestamp", SimpleType.DYN);
      metadata.put("deletionGracePeriodSeconds", SimpleType.INT);
      metadata.put("deletionTimestamp", SimpleType.DYN);
      metadata.put("generation", SimpleType.INT);
      metadata.put("finalizers", ListType.create(SimpleType.STRING));
      Map<String, CelType> condition = new LinkedHashMap<>();
      for (String field : new String[] {"status", "type", "message", "reason"}) {
        condition.put(field, SimpleType.STRING);
      }
      condition.put("lastTransitionTime", SimpleType.DYN);
      StructType conditions = kept("NamespaceCondition", condition);
      return kept(
          "Namespace",
          Map.of(
              "metadata",
              kept("NamespaceMetadata", metadata),
              "spec",
              kept("NamespaceSpec", Map.of("finalizers", ListType.create(SimpleType.STRING))),
              "status",
              kept(
                  "NamespaceStatus",
                  Map.of("conditions", ListType.create(conditions), "phase", SimpleType.STRING))));
    }
  }
}
