package dev.coracle.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a value looks like: of a built-in kind or of a custom resource, in one form. Immutable;
 * schemas refer to each other and may be recursive, so what a field refers to is looked up when it
 * is first asked for.
 *
 * <p>A field's schema has the facts of the field (default, list type, patch strategy) and, for the
 * rest, shows what it refers to.
 */
public final class Schema {

  /** The JSON type; {@code ANY} where several are legal or nothing is said. */
  public enum Type {
    OBJECT,
    ARRAY,
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    ANY
  }

  /** Who owns a list in server-side apply: one manager, or one for each element. */
  public enum ListType {
    ATOMIC,
    SET,
    MAP
  }

  private final Builder data;
  private volatile @Nullable Schema resolved;

  private Schema(Builder data) {
    this.data = data;
  }

  private @Nullable Schema target() {
    Schema known = resolved;
    if (known == null && data.target != null) {
      known = data.target.get();
      resolved = known;
    }
    return known;
  }

  /** Such as {@code io.k8s.api.core.v1.Pod}; empty where the schema has no name. */
  public String definition() {
    Schema target = target();
    return target == null ? data.definition : target.definition();
  }

  /** The name without its package, such as {@code Pod}; empty where the schema has no name. */
  public String simpleName() {
    String name = definition();
    return name.substring(name.lastIndexOf('.') + 1);
  }

  public Type type() {
    Schema target = target();
    return target == null ? data.type : target.type();
  }

  /**
   * Such as {@code int32}, {@code int64}, {@code byte}, {@code date-time}; empty for none. {@code
   * quantity} and {@code micro-time} stand for those two types of the built-in kinds.
   */
  public String format() {
    Schema target = target();
    return target == null ? data.format : target.format();
  }

  /** The fields of an object, by name, sorted for built-in kinds. */
  public Map<String, Schema> properties() {
    Schema target = target();
    return target == null ? data.properties : target.properties();
  }

  public @Nullable Schema property(String name) {
    return properties().get(name);
  }

  /** What a list's elements are, or null. */
  public @Nullable Schema items() {
    Schema target = target();
    return target == null ? data.items : target.items();
  }

  /** What the values of a map are, or null when it is not a map. */
  public @Nullable Schema additionalProperties() {
    Schema target = target();
    return target == null ? data.additionalProperties : target.additionalProperties();
  }

  /** The schema of a field of an object or of a value of a map, or null when there may be none. */
  public @Nullable Schema child(String name) {
    Schema property = property(name);
    return property == null ? additionalProperties() : property;
  }

  public Set<String> required() {
    Schema target = target();
    return target == null ? data.required : target.required();
  }

  /** What is there when the field is left out; the caller must not change it. */
  public @Nullable JsonNode defaultValue() {
    return data.defaultValue;
  }

  /** Whether the field is left out when it has its type's zero value. */
  public boolean isOmittedWhenZero() {
    return data.omittedWhenZero;
  }

  public ListType listType() {
    return data.listType;
  }

  /** The fields that tell the elements of a {@link ListType#MAP} apart. */
  public List<String> listMapKeys() {
    return data.listMapKeys;
  }

  /** Whether the list type was said; lists without one are atomic. */
  public boolean hasListType() {
    return data.hasListType;
  }

  /** Whether one manager owns the whole object or map in server-side apply. */
  public boolean isAtomic() {
    Schema target = target();
    return data.atomic || (target != null && target.isAtomic());
  }

  /** {@code merge}, {@code replace}, {@code retainKeys}; empty where nothing is said. */
  public Set<String> patchStrategy() {
    return data.patchStrategy;
  }

  /** The field that tells elements apart in a strategic merge patch; empty for none. */
  public String patchMergeKey() {
    return data.patchMergeKey;
  }

  /** Whether both numbers and strings are legal ({@code IntOrString}). */
  public boolean isIntOrString() {
    Schema target = target();
    return data.intOrString || (target != null && target.isIntOrString());
  }

  /** Whether fields that the schema does not know are kept. */
  public boolean preservesUnknownFields() {
    Schema target = target();
    return data.preserveUnknownFields || (target != null && target.preservesUnknownFields());
  }

  /** Whether null is a value (custom resources only). */
  public boolean isNullable() {
    return data.nullable;
  }

  /** Whether it comes from a CRD: values are then not read the way Go reads them. */
  public boolean isCustom() {
    return data.custom;
  }

  /** The part of the CRD that it was made from, with what {@link Schema} does not show. */
  public @Nullable ObjectNode source() {
    return data.source;
  }

  /** The OpenAPI form of a built-in type that is not an object with fields, or null. */
  public @Nullable ObjectNode openApi() {
    return data.openApi;
  }

  /** Fields of which only one may be set, as OpenAPI has them, or null. */
  public @Nullable JsonNode unions() {
    return data.unions;
  }

  /**
   * The description as it stands in the API's documentation: of the field, or of its type where the
   * field has none; empty for none.
   */
  public String description() {
    String own = ownDescription();
    Schema target = own.isEmpty() ? target() : null;
    return target == null ? own : target.description();
  }

  /** The description of the field only. */
  public String ownDescription() {
    return data.description.get();
  }

  /** Whether this is a named type elsewhere and the facts here are only the field's. */
  public boolean isReference() {
    return data.target != null;
  }

  /** The name that this field refers to; only when {@link #isReference()}. */
  public String reference() {
    return data.definition;
  }

  /** The Go type of a built-in value as Go's decoder calls it. */
  public String goType() {
    if (!data.goType.isEmpty()) {
      return data.goType;
    }
    String name = definition();
    if (!name.isEmpty()) {
      String[] parts = name.split("\\.");
      return parts[parts.length - 2] + "." + parts[parts.length - 1];
    }
    Schema items = items();
    Schema values = additionalProperties();
    return switch (type()) {
      case STRING -> format().equals("byte") ? "[]uint8" : "string";
      case INTEGER -> format();
      case NUMBER -> "float64";
      case BOOLEAN -> "bool";
      case ARRAY -> "[]" + (items == null ? "interface {}" : items.goType());
      case OBJECT -> "map[string]" + (values == null ? "interface {}" : values.goType());
      case ANY -> "interface {}";
    };
  }

  @Override
  public String toString() {
    return definition().isEmpty() ? type() + " " + properties().keySet() : definition();
  }

  /** Collects what a schema is; not to be used again after {@link #build()}. */
  static final class Builder {
    String definition = "";
    Type type = Type.ANY;
    String format = "";
    Map<String, Schema> properties = Map.of();
    @Nullable Schema items;
    @Nullable Schema additionalProperties;
    Set<String> required = Set.of();
    @Nullable JsonNode defaultValue;
    ListType listType = ListType.ATOMIC;
    boolean hasListType;
    List<String> listMapKeys = List.of();
    boolean atomic;
    Set<String> patchStrategy = Set.of();
    String patchMergeKey = "";
    boolean intOrString;
    boolean preserveUnknownFields;
    boolean embeddedResource;
    boolean nullable;
    boolean omittedWhenZero;
    boolean custom;
    String goType = "";
    @Nullable ObjectNode source;
    @Nullable ObjectNode openApi;
    @Nullable JsonNode unions;
    Supplier<String> description = () -> "";
    @Nullable Supplier<Schema> target;

    Schema build() {
      return new Schema(this);
    }
  }
}
