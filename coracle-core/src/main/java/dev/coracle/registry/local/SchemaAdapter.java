package dev.coracle.registry.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Meta;
import dev.coracle.registry.ObjectSchemas;
import dev.coracle.registry.ResourceType;
import dev.coracle.schema.CustomSchemas;
import dev.coracle.schema.DeclaredDefaults;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import dev.coracle.schema.decoding.Decoded;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.FieldValidation;
import dev.coracle.schema.defaults.Defaults;
import dev.coracle.schema.managedfields.FieldManager;
import dev.coracle.schema.managedfields.FieldSet;
import dev.coracle.schema.managedfields.ManagedFields;
import dev.coracle.schema.patch.Patch;
import dev.coracle.schema.validation.Validation;
import dev.coracle.schema.validation.custom.ExpressionRules;
import dev.coracle.schema.validation.pod.PodWarnings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The schema package as the flows use it, with the schemas of the CRDs that are served. */
public final class SchemaAdapter implements ObjectSchemas {

  private static final Set<String> BLOCKING =
      Set.of(
          "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid");

  private final Map<GroupVersionKind, Schema> known = new ConcurrentHashMap<>();
  private final Map<GroupVersionKind, ExpressionRules> rules = new ConcurrentHashMap<>();
  private final Map<GroupVersionKind, UnaryOperator<ObjectNode>> conversions =
      new ConcurrentHashMap<>();

  /** The schema of a kind that is served, or null when there is none. */
  public @Nullable Schema find(GroupVersionKind kind) {
    Schema schema = known.get(kind);
    if (schema == null) {
      schema = Schemas.builtIn().find(kind);
      if (schema != null) {
        known.put(kind, schema);
      }
    }
    return schema;
  }

  private Schema required(ResourceType type) {
    Schema schema = find(type.gvk());
    if (schema == null) {
      throw new IllegalStateException("no schema of " + type.gvk());
    }
    return schema;
  }

  @Override
  public void define(
      ResourceType type, @Nullable ObjectNode openApiV3Schema, boolean preserveUnknownFields) {
    rules.remove(type.gvk());
    if (openApiV3Schema == null) {
      known.remove(type.gvk());
      conversions.remove(type.gvk());
    } else {
      known.put(type.gvk(), CustomSchemas.of(openApiV3Schema, preserveUnknownFields));
    }
  }

  @Override
  public void convertBy(ResourceType type, UnaryOperator<ObjectNode> conversion) {
    conversions.put(type.gvk(), conversion);
  }

  /** The versions of a custom resource; those of built-in kinds have the same fields. */
  private final class CustomVersions implements FieldManager.Versions {
    private final ResourceType type;

    CustomVersions(ResourceType type) {
      this.type = type;
    }

    private GroupVersionKind kind(String apiVersion) {
      return GroupVersionKind.of(apiVersion, type.kind());
    }

    @Override
    public @Nullable Schema schema(String apiVersion) {
      return conversions.containsKey(kind(apiVersion)) ? known.get(kind(apiVersion)) : null;
    }

    @Override
    public ObjectNode convert(ObjectNode object, String apiVersion) {
      UnaryOperator<ObjectNode> conversion = conversions.get(kind(apiVersion));
      return conversion == null ? object : conversion.apply(object.deepCopy());
    }
  }

  @Override
  public ObjectNode decode(
      ResourceType type,
      ObjectNode body,
      boolean patched,
      String fieldValidation,
      List<String> warnings) {
    FieldValidation validation = FieldValidation.of(fieldValidation);
    if (type.custom() && !patched) {
      requireKind(type, body);
    }
    Decoded decoded =
        patched
            ? Decoder.decodePatched(body, required(type), validation)
            : Decoder.decodeTree(
                body,
                required(type),
                type.gvk(),
                validation,
                validation == FieldValidation.STRICT ? takeDuplicates(warnings) : List.of());
    warn(warnings, decoded.warnings());
    return decoded.object();
  }

  /** A custom resource has to say its kind, and what it says is part of its validation. */
  private static void requireKind(ResourceType type, ObjectNode body) {
    String kind = Meta.text(body, "kind");
    if (absent(body, "kind")) {
      throw StatusException.badRequest(
          type.kind()
              + " in version \""
              + type.gvk().version()
              + "\" cannot be handled as a "
              + type.kind()
              + ": Object 'Kind' is missing in '"
              + body
              + "'");
    }
    if (absent(body, "apiVersion")) {
      throw StatusException.badRequest(
          "the API version in the data () does not match the expected API version ("
              + type.gvk().apiVersion()
              + ")");
    }
    boolean sameVersion = Meta.text(body, "apiVersion").equals(type.gvk().apiVersion());
    if (sameVersion && !kind.isEmpty() && !kind.equals(type.kind())) {
      throw StatusException.invalid(
          type.group(),
          kind,
          Meta.text(body.path("metadata"), "name"),
          List.of(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: \"" + kind + "\": must be " + type.kind(),
                  "kind")));
    }
  }

  private static boolean absent(ObjectNode body, String field) {
    JsonNode word = body.get(field);
    return word == null || word.isNull() || (word.isTextual() && word.asText().isEmpty());
  }

  private static List<String> takeDuplicates(List<String> warnings) {
    List<String> duplicates =
        warnings.stream()
            .filter(each -> each.startsWith("duplicate field ") || each.startsWith("yaml: "))
            .toList();
    if (!duplicates.isEmpty()) {
      warnings.removeAll(duplicates);
    }
    return duplicates;
  }

  /** A patch that is tried again warns once. */
  private static void warn(List<String> warnings, List<String> problems) {
    for (String problem : problems) {
      if (!warnings.contains(problem)) {
        warnings.add(problem);
      }
    }
  }

  @Override
  public ObjectNode prune(ResourceType type, ObjectNode object) {
    Schema schema = find(type.gvk());
    return schema == null ? object : Decoder.prune(object, schema);
  }

  @Override
  public void applyDefaults(ResourceType type, ObjectNode object) {
    if (type.custom()) {
      Schema schema = find(type.gvk());
      if (schema != null) {
        DeclaredDefaults.apply(object, schema);
      }
    } else {
      Defaults.apply(type.gvk(), object);
    }
  }

  @Override
  public List<StatusCause> validate(
      ResourceType type,
      String subresource,
      ObjectNode object,
      @Nullable KubeObject old,
      List<String> warnings) {
    if (type.custom()) {
      return validateCustom(type, subresource, object, old, warnings);
    }
    if (type.kind().equals("CustomResourceDefinition") && subresource.isEmpty()) {
      warn(warnings, Validation.definitionWarnings(object, old == null ? null : old.tree()));
    }
    if (old == null) {
      return Validation.create(type.gvk(), object);
    }
    return switch (subresource) {
      case "", "scale" -> Validation.update(type.gvk(), object, old.tree());
      case "ephemeralcontainers" -> Validation.updateEphemeralContainers(object, old.tree());
      case "resize" -> Validation.resizePod(object, old.tree());
      default -> List.of();
    };
  }

  @Override
  public List<String> warnings(ResourceType type, ObjectNode object) {
    return type.custom() ? List.of() : PodWarnings.of(type.kind(), object);
  }

  /** A custom resource's status must fit its schema too. */
  private List<StatusCause> validateCustom(
      ResourceType type,
      String subresource,
      ObjectNode object,
      @Nullable KubeObject old,
      List<String> warnings) {
    List<StatusCause> causes = new ArrayList<>();
    ObjectNode before = old == null ? null : old.tree();
    if (before == null || !subresource.equals("status")) {
      causes.addAll(Validation.customMetadata(object, before));
      Validation.customWarnings(object, before).forEach(text -> warn(warnings, List.of(text)));
    }
    ObjectNode source = required(type).source();
    if (source != null) {
      causes.addAll(Validation.custom(source, object, before));
      ExpressionRules own = rules.computeIfAbsent(type.gvk(), kind -> ExpressionRules.of(source));
      if (!own.isEmpty()) {
        if (causes.stream().anyMatch(cause -> BLOCKING.contains(cause.reason()))) {
          causes.add(
              new StatusCause(
                  "FieldValueInvalid",
                  "Invalid value: null: some validation rules were not checked because the object"
                      + " was invalid; correct the existing errors to complete validation",
                  "<nil>"));
        } else {
          causes.addAll(own.check(object, before, warnings));
        }
      }
    }
    return causes;
  }

  @Override
  public UnaryOperator<ObjectNode> patch(
      ResourceType type,
      PatchType patchType,
      byte[] body,
      String fieldValidation,
      List<String> warnings) {
    Patch patch = Patch.parse(patchType, body);
    List<String> problems = patch.strictErrors();
    switch (FieldValidation.of(fieldValidation)) {
      case STRICT -> {
        if (!problems.isEmpty()) {
          throw StatusException.badRequest("strict decoding error: " + String.join(", ", problems));
        }
      }
      case WARN -> warn(warnings, problems);
      case IGNORE -> {}
    }
    Schema schema = required(type);
    return object -> {
      ObjectNode patched = patch.apply(object, schema);
      if (patchType == PatchType.STRATEGIC) {
        keepKind(type.gvk(), patched);
      }
      Schema other = otherKind(type, patched);
      if (other != null) {
        Decoder.decodePatched(patched, other, FieldValidation.IGNORE);
      }
      Decoded decoded =
          Decoder.decodePatched(patched, object, schema, FieldValidation.of(fieldValidation));
      warn(warnings, decoded.warnings());
      return decoded.object();
    };
  }

  /**
   * What a strategic merge patch says of the kind is of no account: a kube-apiserver reads its
   * result as what was patched. Ansible scales a Deployment by a patch that is of this kind.
   */
  private static void keepKind(GroupVersionKind kind, ObjectNode patched) {
    keep(patched, "apiVersion", kind.apiVersion());
    keep(patched, "kind", kind.kind());
  }

  private static void keep(ObjectNode patched, String field, String value) {
    JsonNode said = patched.path(field);
    boolean readable = said.isTextual() || said.isMissingNode() || said.isNull();
    if (readable && !said.asText().equals(value)) {
      patched.put(field, value);
    }
  }

  /** Another patch may change the kind; then the result is first read as what it says it is. */
  private @Nullable Schema otherKind(ResourceType type, ObjectNode patched) {
    GroupVersionKind kind =
        GroupVersionKind.of(Meta.text(patched, "apiVersion"), Meta.text(patched, "kind"));
    return type.custom() || kind.equals(type.gvk()) ? null : Schemas.builtIn().find(kind);
  }

  @Override
  public void recordFields(
      ResourceType type,
      String subresource,
      ObjectNode object,
      @Nullable KubeObject old,
      String manager,
      Instant now) {
    ManagedFields.update(
        old == null ? null : old.tree(), object, manager(type, subresource, manager, now));
  }

  @Override
  public ObjectNode apply(
      ResourceType type,
      String subresource,
      byte[] applied,
      @Nullable KubeObject current,
      String manager,
      boolean force,
      Instant now) {
    return ManagedFields.apply(
        current == null ? null : current.tree(),
        ManagedFields.parseApply(applied),
        manager(type, subresource, manager, now),
        force);
  }

  private FieldManager manager(ResourceType type, String subresource, String name, Instant now) {
    return new FieldManager(
        name,
        type.gvk().apiVersion(),
        subresource,
        now,
        required(type),
        ignored(type, subresource),
        type.custom() ? new CustomVersions(type) : FieldManager.Versions.ALIKE);
  }

  /** The fields that a write over this path leaves as they are, whatever it says of them. */
  private static FieldSet ignored(ResourceType type, String subresource) {
    if (!type.subresources().containsKey("status")) {
      return FieldSet.EMPTY;
    }
    return switch (subresource) {
      case "", "scale" -> FieldSet.of("status");
      case "status" -> type.custom() ? FieldSet.of("spec", "metadata") : FieldSet.of("spec");
      default -> FieldSet.EMPTY;
    };
  }
}
