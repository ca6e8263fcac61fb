package dev.coracle.schema.cel;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.types.StructTypeReference;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A served kind as a type of the language, to check expressions by: its schema may refer to itself,
 * so what a field is made of is known by name.
 */
public final class KnownType {

  private final Map<String, StructType> structs = new HashMap<>();
  private final CelType type;

  private KnownType(Schema schema, String name) {
    this.type = type(schema, name);
  }

  /**
   * @param name tells its types from those of others
   */
  public static KnownType of(Schema schema, String name) {
    return new KnownType(schema, name);
  }

  CelType type() {
    return type;
  }

  List<StructType> structs() {
    return new ArrayList<>(structs.values());
  }

  private CelType type(Schema schema, String name) {
    if (schema.isIntOrString()) {
      return SimpleType.DYN;
    }
    return switch (schema.type()) {
      case OBJECT -> object(schema, name);
      case ARRAY -> {
        Schema items = schema.items();
        yield ListType.create(items == null ? SimpleType.DYN : type(items, name + ".@idx"));
      }
      case STRING ->
          switch (schema.format()) {
            case "byte" -> SimpleType.BYTES;
            case "date", "date-time", "micro-time" -> SimpleType.TIMESTAMP;
            case "duration" -> SimpleType.DURATION;
            default -> SimpleType.STRING;
          };
      case INTEGER -> SimpleType.INT;
      case NUMBER -> SimpleType.DOUBLE;
      case BOOLEAN -> SimpleType.BOOL;
      case ANY -> SimpleType.DYN;
    };
  }

  @SuppressWarnings("Immutable") // the map is complete before anybody asks
  private CelType object(Schema schema, String path) {
    Schema values = schema.additionalProperties();
    if (schema.properties().isEmpty()) {
      return values == null
          ? SimpleType.DYN
          : MapType.create(SimpleType.STRING, type(values, path + ".@elem"));
    }
    if (schema.preservesUnknownFields()) {
      return SimpleType.DYN;
    }
    String name = schema.definition().isEmpty() ? path : schema.definition();
    if (!structs.containsKey(name)) {
      Map<String, CelType> fields = new HashMap<>();
      List<String> names = new ArrayList<>();
      schema.properties().keySet().forEach(field -> names.add(SchemaType.escape(field)));
      structs.put(
          name,
          StructType.create(
              name, ImmutableSet.copyOf(names), field -> Optional.ofNullable(fields.get(field))));
      schema
          .properties()
          .forEach(
              (field, part) ->
                  fields.put(SchemaType.escape(field), type(part, path + "." + field)));
    }
    return StructTypeReference.create(name);
  }
}
