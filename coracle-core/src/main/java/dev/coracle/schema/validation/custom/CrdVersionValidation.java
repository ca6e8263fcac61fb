package dev.coracle.schema.validation.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.coracle.api.Json;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The versions of a CRD: their names, schemas, subresources, columns and selectable fields. What
 * all versions have in common is reported where the old API had it, at the top of {@code spec}:
 * Kubernetes keeps it there.
 */
final class CrdVersionValidation {

  private static final List<String> COLUMN_TYPES =
      List.of("boolean", "date", "integer", "number", "string");
  private static final List<String> COLUMN_FORMATS =
      List.of("byte", "date", "date-time", "double", "float", "int32", "int64", "password");
  private static final int MOST_SELECTABLE = 8;

  /** What may be said at the root of a schema beside a status subresource, in Kubernetes' names. */
  private static final String ROOT_FIELDS =
      "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength"
          + " MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties"
          + " ExternalDocs Example XPreserveUnknownFields XValidations]";

  private static final Set<String> NOT_AT_ROOT =
      Set.of(
          "allOf",
          "anyOf",
          "oneOf",
          "not",
          "enum",
          "default",
          "maxProperties",
          "minProperties",
          "additionalProperties",
          "x-kubernetes-embedded-resource",
          "x-kubernetes-int-or-string",
          "x-kubernetes-list-type",
          "x-kubernetes-list-map-keys",
          "x-kubernetes-map-type");

  private CrdVersionValidation() {}

  /**
   * @param spec of the CRD
   * @param before the old spec, or a missing node
   */
  static void validate(Field spec, JsonNode before) {
    Field versions = spec.child("versions");
    Set<String> seen = new HashSet<>();
    boolean unique = true;
    int storage = 0;
    for (Field version : versions.items()) {
      Field name = version.child("name");
      List<String> wrong = Names.dns1035Label(name.text());
      if (!wrong.isEmpty()) {
        name.invalid(String.join(",", wrong));
      }
      unique &= seen.add(name.text());
      storage += version.flag("storage") ? 1 : 0;
      deprecation(version);
      Field schema = version.child("schema").child("openAPIV3Schema");
      if (!schema.present()) {
        schema.required("schemas are required");
      }
    }
    schemas(spec, versions, before);
    each(spec, versions, "subresources", CrdVersionValidation::subresources);
    each(
        spec,
        versions,
        "additionalPrinterColumns",
        columns -> columns.items().forEach(CrdVersionValidation::column));
    selectable(spec, versions);
    if (!unique) {
      versions
          .errors()
          .invalid(versions.path(), shown(versions), "must contain unique version names");
    }
    if (storage != 1) {
      versions
          .errors()
          .invalid(
              versions.path(),
              shown(versions),
              "must have exactly one version marked as storage version");
    }
  }

  private static void deprecation(Field version) {
    Field warning = version.child("deprecationWarning");
    if (!warning.present()) {
      return;
    }
    if (!version.flag("deprecated")) {
      warning.invalid("can only be set for deprecated versions");
      return;
    }
    if (FieldErrors.bytes(warning.text()) > 256) {
      warning.invalid("must be <= 256 characters long");
    }
    if (warning.text().isEmpty()) {
      warning.invalid("must not be an empty string");
    }
    for (int i = 0; i < warning.text().length(); i++) {
      char c = warning.text().charAt(i);
      if (Character.isISOControl(c) || Character.isWhitespace(c) && c != ' ') {
        warning.invalid(
            "must only contain printable UTF-8 characters; non-printable character found at index "
                + FieldErrors.bytes(warning.text().substring(0, i)));
        return;
      }
    }
  }

  /** Whether every version says the same of a field, and says something. */
  private static boolean isCommon(Field versions, String field) {
    JsonNode first = versions.json().path(0).path(field);
    for (JsonNode version : versions.json()) {
      JsonNode own = version.path(field);
      if (own.isMissingNode() || own.isNull() || own.isEmpty() || !own.equals(first)) {
        return false;
      }
    }
    return !versions.json().isEmpty();
  }

  private static void each(
      Field spec, Field versions, String field, java.util.function.Consumer<Field> check) {
    if (isCommon(versions, field)) {
      Field first = versions.items().getFirst().child(field);
      check.accept(first.at(spec.path().child(field)));
      return;
    }
    for (Field version : versions.items()) {
      if (version.child(field).present()) {
        check.accept(version.child(field));
      }
    }
  }

  private static void schemas(Field spec, Field versions, JsonNode before) {
    boolean common = isCommon(versions, "schema");
    FieldPath top = spec.path().child("validation").child("openAPIV3Schema");
    for (Field version : versions.items()) {
      Field schema = version.child("schema").child("openAPIV3Schema");
      if (!schema.present()) {
        continue;
      }
      boolean unchanged = false;
      for (JsonNode old : before.path("versions")) {
        unchanged |=
            old.path("name").asText("").equals(version.text("name"))
                && old.path("schema").equals(version.json().path("schema"));
      }
      schema(
          common ? schema.at(top) : schema,
          version.child("subresources").child("status").present(),
          unchanged);
      if (common) {
        return;
      }
    }
  }

  private static void schema(Field schema, boolean status, boolean unchanged) {
    FieldErrors own = new FieldErrors();
    Field inner = new Field(schema.json(), schema.path(), own);
    if (status) {
      root(inner);
    }
    FieldErrors structural = new FieldErrors();
    Field structure = new Field(schema.json(), schema.path(), structural);
    StructuralSchemaValidation.validate(structure);
    if (structural.isEmpty()) {
      SchemaDefaults.validate(structure);
    }
    boolean sound = structural.isEmpty();
    structural.causes().forEach(own::add);
    SchemaRules.validate(inner);
    if (sound && own.isEmpty()) {
      RuleValidation.validate(inner, unchanged);
    }
    own.causes().forEach(schema.errors()::add);
  }

  private static void root(Field schema) {
    Field type = schema.child("type");
    if (!type.blank() && !type.text().equals("object")) {
      type.invalid(
          "only \"object\" is allowed as the type at the root of the schema if the status"
              + " subresource is enabled");
      return;
    }
    for (Map.Entry<String, JsonNode> said : schema.json().properties()) {
      if (NOT_AT_ROOT.contains(said.getKey())) {
        schema.invalid(
            "only "
                + ROOT_FIELDS
                + " fields are allowed at the root of the schema if the status subresource is"
                + " enabled");
        return;
      }
    }
  }

  private static void subresources(Field subresources) {
    Field scale = subresources.child("scale");
    if (!scale.present()) {
      return;
    }
    replicasPath(scale, "specReplicasPath", ".spec");
    replicasPath(scale, "statusReplicasPath", ".status");
    Field selector = scale.child("labelSelectorPath");
    if (!selector.blank()
        && isSimplePath(selector)
        && !selector.text().startsWith(".spec.")
        && !selector.text().startsWith(".status.")) {
      selector.invalid("should be a json path under either .spec or .status");
    }
  }

  private static void replicasPath(Field scale, String field, String root) {
    Field path = scale.child(field);
    if (path.needed() && isSimplePath(path) && !path.text().startsWith(root + ".")) {
      path.invalid("should be a json path under " + root);
    }
  }

  private static boolean isSimplePath(Field path) {
    if (!path.text().startsWith(".")) {
      path.invalid("must be a simple json path starting with .");
      return false;
    }
    return true;
  }

  private static void column(Field column) {
    column.child("name").needed();
    Field type = column.child("type");
    String types = "must be one of " + String.join(",", COLUMN_TYPES);
    if (type.needed(types) && !COLUMN_TYPES.contains(type.text())) {
      type.invalid(types);
    }
    Field format = column.child("format");
    if (!format.blank() && !COLUMN_FORMATS.contains(format.text())) {
      format.invalid("must be one of " + String.join(",", COLUMN_FORMATS));
    }
    Field path = column.child("jsonPath").at(column.path().child("JSONPath"));
    if (path.needed()) {
      isSimplePath(path);
    }
  }

  private static void selectable(Field spec, Field versions) {
    boolean common = isCommon(versions, "selectableFields");
    for (Field version : versions.items()) {
      Field fields = version.child("selectableFields");
      if (fields.blank()) {
        continue;
      }
      JsonNode schema = version.json().path("schema").path("openAPIV3Schema");
      Field shown = common ? fields.at(spec.path().child("selectableFields")) : fields;
      selectable(shown, schema);
      if (common) {
        return;
      }
    }
  }

  private static void selectable(Field fields, JsonNode schema) {
    Set<String> seen = new HashSet<>();
    for (Field field : fields.items()) {
      Field path = field.child("jsonPath");
      if (!path.needed()) {
        continue;
      }
      String problem = RuleFieldPath.problem(schema, path.text(), false);
      if (!problem.isEmpty()) {
        path.invalid("is an invalid path: " + problem);
        continue;
      }
      JsonNode found = RuleFieldPath.schema(schema, path.text());
      if (path.text().equals(".metadata") || path.text().startsWith(".metadata.")) {
        path.invalid("must not point to fields in metadata");
      }
      switch (found.path("type").asText("")) {
        case "string", "boolean", "integer" -> {}
        default ->
            path.invalid(
                "must point to a field of type string, boolean or integer. Enum string fields and"
                    + " strings with formats are allowed.");
      }
      if (!seen.add(path.text())) {
        path.errors().duplicate(path.path(), TextNode.valueOf(path.text()));
      }
    }
    if (seen.size() > MOST_SELECTABLE) {
      fields.errors().tooMany(fields.path(), seen.size(), MOST_SELECTABLE);
    }
  }

  /** Versions as the message shows them, with the internal names of their fields. */
  private static JsonNode shown(Field versions) {
    ArrayNode shown = Json.array();
    for (JsonNode version : versions.json()) {
      ObjectNode one =
          shown
              .addObject()
              .put("Name", version.path("name").asText(""))
              .put("Served", version.path("served").asBoolean(false))
              .put("Storage", version.path("storage").asBoolean(false))
              .put("Deprecated", version.path("deprecated").asBoolean(false));
      one.set("DeprecationWarning", orNull(version, "deprecationWarning"));
      one.putNull("Schema");
      for (String field :
          new String[] {"subresources", "additionalPrinterColumns", "selectableFields"}) {
        String name = Character.toUpperCase(field.charAt(0)) + field.substring(1);
        one.set(name, isCommon(versions, field) ? NullNode.getInstance() : orNull(version, field));
      }
    }
    return shown;
  }

  private static JsonNode orNull(JsonNode holder, String field) {
    JsonNode value = holder.get(field);
    return value == null ? NullNode.getInstance() : value;
  }
}
