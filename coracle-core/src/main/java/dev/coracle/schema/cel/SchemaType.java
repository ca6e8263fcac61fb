package dev.coracle.schema.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type that a rule of a CRD sees: a structural schema gives objects with known fields, whose
 * names are escaped where the language could not read them ({@code a-b} is {@code a__dash__b}).
 */
public final class SchemaType {

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_./-][a-zA-Z0-9_./-]*");
  private static final Pattern DURATION_PART =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  private final JsonNode schema;
  private final CelType type;
  private final List<StructType> structs = new ArrayList<>();

  private SchemaType(JsonNode schema, boolean resource) {
    this.schema = schema;
    this.type = type(withIdentity(schema, resource), "object");
  }

  /**
   * @param schema a structural schema or a part of one
   * @param resource whether it is the root: {@code apiVersion}, {@code kind}, {@code metadata.name}
   *     and {@code metadata.generateName} are always there
   */
  public static SchemaType of(JsonNode schema, boolean resource) {
    return new SchemaType(schema, resource);
  }

  /**
   * Compiles a rule with {@code self}, and {@code oldSelf}.
   *
   * @param optionalOldSelf whether {@code oldSelf} is an optional value
   * @throws ExpressionException as {@link Expressions#compile}
   */
  public Expression compile(String source, boolean optionalOldSelf) throws ExpressionException {
    CelType old = optionalOldSelf ? dev.cel.common.types.OptionalType.create(type) : type;
    return Expressions.compile(source, Map.of("self", type, "oldSelf", old), structs);
  }

  CelType type() {
    return type;
  }

  List<StructType> structs() {
    return structs;
  }

  private static JsonNode withIdentity(JsonNode schema, boolean resource) {
    if (!resource && !schema.path("x-kubernetes-embedded-resource").asBoolean(false)) {
      return schema;
    }
    var whole = ((com.fasterxml.jackson.databind.node.ObjectNode) schema).deepCopy();
    var properties = whole.withObjectProperty("properties");
    for (String name : new String[] {"apiVersion", "kind"}) {
      properties.set(name, Json.object().put("type", "string"));
    }
    var metadata = Json.object().put("type", "object");
    var fields = metadata.putObject("properties");
    fields.putObject("name").put("type", "string");
    fields.putObject("generateName").put("type", "string");
    properties.set("metadata", metadata);
    return whole;
  }

  private CelType type(JsonNode schema, String name) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean(false)) {
      return SimpleType.DYN;
    }
    return switch (schema.path("type").asText("")) {
      case "array" -> ListType.create(type(schema.path("items"), name + ".@idx"));
      case "object" -> object(schema, name);
      case "string" ->
          switch (schema.path("format").asText("")) {
            case "byte" -> SimpleType.BYTES;
            case "date", "date-time" -> SimpleType.TIMESTAMP;
            case "duration" -> SimpleType.DURATION;
            default -> SimpleType.STRING;
          };
      case "boolean" -> SimpleType.BOOL;
      case "integer" -> SimpleType.INT;
      case "number" -> SimpleType.DOUBLE;
      default -> SimpleType.DYN;
    };
  }

  @SuppressWarnings("Immutable") // the map is not changed when the type is made
  private CelType object(JsonNode schema, String name) {
    JsonNode additional = schema.path("additionalProperties");
    if (additional.isObject()) {
      return MapType.create(SimpleType.STRING, type(additional, name + ".@elem"));
    }
    JsonNode whole = withIdentity(schema, false);
    boolean open =
        schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)
            || additional.asBoolean(false);
    if (open && !whole.has("properties")) {
      return SimpleType.DYN;
    }
    Map<String, CelType> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : whole.path("properties").properties()) {
      if (NAME.matcher(property.getKey()).matches()) {
        fields.put(
            escape(property.getKey()), type(property.getValue(), name + "." + property.getKey()));
      }
    }
    StructType struct =
        StructType.create(
            name,
            ImmutableSet.copyOf(fields.keySet()),
            field -> Optional.ofNullable(fields.get(field)));
    structs.add(struct);
    return struct;
  }

  static String escape(String name) {
    if (ReservedWords.contains(name)) {
      return "__" + name + "__";
    }
    return name.replace("__", "__underscores__")
        .replace(".", "__dot__")
        .replace("-", "__dash__")
        .replace("/", "__slash__");
  }

  /** The value of JSON that has this type. */
  public Object value(JsonNode json) {
    return value(schema, json);
  }

  private static Object value(JsonNode schema, JsonNode json) {
    if (json.isNull() || json.isMissingNode()) {
      return NullValue.NULL_VALUE;
    }
    if (json.isArray()) {
      List<Object> items = new ArrayList<>(json.size());
      json.forEach(item -> items.add(value(schema.path("items"), item)));
      return items;
    }
    if (json.isObject()) {
      return map(schema, json);
    }
    String type = schema.path("type").asText("");
    if (json.isTextual() && type.equals("string")) {
      return text(schema.path("format").asText(""), json.textValue());
    }
    if (json.isNumber() && type.equals("number")) {
      return json.doubleValue();
    }
    if (json.isNumber() && type.equals("integer")) {
      return json.longValue();
    }
    return ExpressionValues.of(json);
  }

  private static Object map(JsonNode schema, JsonNode json) {
    JsonNode properties = schema.path("properties");
    JsonNode additional = schema.path("additionalProperties");
    boolean struct = schema.has("properties") && !additional.isObject();
    Map<String, Object> map = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      String name = entry.getKey();
      JsonNode inner = additional.isObject() ? additional : properties.path(name);
      map.put(struct ? escape(name) : name, value(inner, entry.getValue()));
    }
    return map;
  }

  private static Object text(String format, String text) {
    switch (format) {
      case "byte" -> {
        try {
          return CelByteString.of(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
          return text;
        }
      }
      case "date-time" -> {
        Instant instant = Timestamps.parse(text);
        return instant == null ? text : instant;
      }
      case "date" -> {
        try {
          return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException e) {
          return text;
        }
      }
      case "duration" -> {
        return duration(text);
      }
      default -> {
        return text;
      }
    }
  }

  /** Go's durations: {@code 1h30m}. */
  private static Object duration(String text) {
    Matcher part = DURATION_PART.matcher(text);
    BigDecimal nanos = BigDecimal.ZERO;
    int end = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    while (end < text.length() && part.find(end) && part.start() == end) {
      long unit =
          switch (part.group(2)) {
            case "ns" -> 1L;
            case "us", "µs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
          };
      nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
      end = part.end();
    }
    if (end != text.length() || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      return text;
    }
    return Duration.ofNanos(text.startsWith("-") ? -nanos.longValue() : nanos.longValue());
  }
}
