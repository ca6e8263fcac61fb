package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Names;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CustomResourceDefinitions: names, versions and the structure of schemas (expressions are compiled
 * elsewhere).
 */
final class CrdValidation {

  private CrdValidation() {}

  static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    if (!kind.equals("CustomResourceDefinition")) {
      return;
    }
    Field spec = Field.of(object, "spec", errors);
    Field group = spec.child("group");
    if (group.needed()) {
      group.subdomain();
      if (group.text().indexOf('.') < 0) {
        group.invalid("should be a domain with at least one dot");
      }
    }
    Field names = spec.child("names");
    Field name = Field.of(object, "metadata", errors).child("name");
    String expected = names.text("plural") + "." + group.text();
    if (!name.text().equals(expected)) {
      name.invalid("must be spec.names.plural+\".\"+spec.group");
    }
    spec.child("scope").neededOneOf("Cluster", "Namespaced");
    names(names);
    versions(spec.child("versions"));
    Field conversion = spec.child("conversion");
    conversion.child("strategy").neededOneOf("None", "Webhook");
    if (conversion.text("strategy").equals("Webhook") && !conversion.has("webhook")) {
      conversion
          .child("webhook")
          .child("clientConfig")
          .required("required when strategy is set to Webhook");
    }
    if (old != null) {
      update(spec, names, old);
    }
  }

  private static void names(Field names) {
    for (String field : new String[] {"plural", "singular"}) {
      Field name = names.child(field);
      if (name.blank()) {
        if (field.equals("plural")) {
          name.required("");
        }
      } else {
        name.invalid(Names.dns1035Label(name.text()));
      }
    }
    Field kind = names.child("kind");
    if (kind.needed()) {
      kind.invalid(Names.dns1035Label(kind.text().toLowerCase(Locale.ROOT)));
    }
    Field list = names.child("listKind");
    if (!list.blank()) {
      list.invalid(Names.dns1035Label(list.text().toLowerCase(Locale.ROOT)));
      if (list.text().equals(kind.text())) {
        list.invalid("kind and listKind may not be the same");
      }
    }
    for (String field : new String[] {"shortNames", "categories"}) {
      for (Field name : names.child(field).items()) {
        name.invalid(Names.dns1035Label(name.text()));
      }
    }
  }

  private static void versions(Field versions) {
    Set<String> seen = new HashSet<>();
    int storage = 0;
    for (Field version : versions.items()) {
      Field name = version.child("name");
      name.invalid(Names.dns1035Label(name.text()));
      if (!seen.add(name.text())) {
        versions.invalid("must contain unique version names");
      }
      if (version.flag("storage")) {
        storage++;
      }
      Field schema = version.child("schema").child("openAPIV3Schema");
      if (!schema.present()) {
        schema.required("schemas are required");
      }
      Field scale = version.child("subresources").child("scale");
      if (scale.present()) {
        jsonPath(scale.child("specReplicasPath"), ".spec");
        jsonPath(scale.child("statusReplicasPath"), ".status");
      }
      for (Field column : version.child("additionalPrinterColumns").items()) {
        column.child("name").needed();
        column.child("jsonPath").needed();
        column.child("type").neededOneOf("boolean", "date", "integer", "number", "string");
      }
    }
    schemas(versions);
    if (storage != 1) {
      versions
          .errors()
          .invalid(
              versions.path(),
              shown(versions.json()),
              "must have exactly one version marked as storage version");
    }
    if (storage == 0) {
      versions
          .errors()
          .invalid(
              FieldPath.of("status", "storedVersions"),
              Json.object().nullNode(),
              "must have at least one stored version");
    }
  }

  /** One schema for all versions is reported where v1beta1 had it: Kubernetes keeps it there. */
  private static void schemas(Field versions) {
    Set<JsonNode> different = new HashSet<>();
    for (Field version : versions.items()) {
      different.add(version.json().path("schema"));
    }
    for (Field version : versions.items()) {
      Field schema = version.child("schema").child("openAPIV3Schema");
      if (!schema.present()) {
        continue;
      }
      if (different.size() == 1) {
        schema(schema.at(FieldPath.of("spec", "validation", "openAPIV3Schema")));
        return;
      }
      schema(schema);
    }
  }

  private static void schema(Field schema) {
    FieldErrors own = new FieldErrors();
    StructuralSchemaValidation.validate(new Field(schema.json(), schema.path(), own));
    if (own.isEmpty()) {
      RuleValidation.validate(new Field(schema.json(), schema.path(), own));
    }
    own.causes().forEach(schema.errors()::add);
  }

  private static void jsonPath(Field path, String root) {
    if (path.needed() && !path.text().startsWith(root + ".")) {
      path.invalid("should be a json path under " + root);
    }
  }

  /** Versions as the message shows them, with the internal names of their fields. */
  private static JsonNode shown(JsonNode versions) {
    ArrayNode shown = Json.array();
    for (JsonNode version : versions) {
      ObjectNode one =
          shown
              .addObject()
              .put("Name", version.path("name").asText(""))
              .put("Served", version.path("served").asBoolean(false))
              .put("Storage", version.path("storage").asBoolean(false))
              .put("Deprecated", version.path("deprecated").asBoolean(false));
      one.set("DeprecationWarning", orNull(version, "deprecationWarning"));
      one.putNull("Schema");
      one.set("Subresources", orNull(version, "subresources"));
      one.set("AdditionalPrinterColumns", orNull(version, "additionalPrinterColumns"));
      one.set("SelectableFields", orNull(version, "selectableFields"));
    }
    return shown;
  }

  private static JsonNode orNull(JsonNode holder, String field) {
    JsonNode value = holder.get(field);
    return value == null ? Json.object().nullNode() : value;
  }

  private static void update(Field spec, Field names, ObjectNode old) {
    JsonNode before = old.path("spec");
    spec.child("group").immutable(before.path("group"));
    names.child("plural").immutable(before.path("names").path("plural"));
    boolean established = false;
    for (JsonNode condition : old.path("status").path("conditions")) {
      established |=
          condition.path("type").asText("").equals("Established")
              && condition.path("status").asText("").equals("True");
    }
    if (established) {
      spec.child("scope").immutable(before.path("scope"));
      names.child("kind").immutable(before.path("names").path("kind"));
    }
    Set<String> now = new HashSet<>();
    spec.child("versions").items().forEach(version -> now.add(version.text("name")));
    int index = 0;
    for (JsonNode stored : old.path("status").path("storedVersions")) {
      if (!now.contains(stored.asText(""))) {
        spec.errors()
            .invalid(
                FieldPath.of("status", "storedVersions").index(index),
                stored,
                "missing from spec.versions; "
                    + stored.asText("")
                    + " was previously a storage"
                    + " version, and must remain in spec.versions until a storage migration ensures"
                    + " no data remains persisted in "
                    + stored.asText("")
                    + " and removes "
                    + stored.asText("")
                    + " from status.storedVersions");
      }
      index++;
    }
  }
}
