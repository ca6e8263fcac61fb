package dev.coracle.schema.decoding;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bodies of writes: JSON or YAML, checked against the schema of the kind that is
 * expected, with the errors of a kube-apiserver. Unknown fields never get through.
 */
public final class Decoder {

  /** Pods are evicted in both versions, though the older one serves nothing else any more. */
  private static final GroupVersionKind EVICTION = GroupVersionKind.of("policy/v1", "Eviction");

  private static final GroupVersionKind OLD_EVICTION =
      GroupVersionKind.of("policy/v1beta1", "Eviction");

  private Decoder() {}

  /**
   * Reads the body of a create or an update.
   *
   * @param body as it was sent
   * @param mediaType without parameters
   * @param schema of the expected kind
   * @param expected the kind that the resource has; a body without apiVersion and kind gets it
   * @throws StatusException 400 when it cannot be read as that kind, or, for {@link
   *     FieldValidation#STRICT}, has unknown or duplicate fields; 415 for any other media type
   */
  public static Decoded decode(
      byte[] body,
      String mediaType,
      Schema schema,
      GroupVersionKind expected,
      FieldValidation validation) {
    byte[] json =
        switch (mediaType) {
          case "application/json", "" -> body;
          case "application/yaml" -> yamlToJson(body, expected);
          default ->
              throw StatusException.unsupportedMediaType(
                  "the body of the request was in an unknown format - accepted media types include:"
                      + " application/json, application/yaml");
        };
    try (JsonParser parser = Json.mapper().getFactory().createParser(json)) {
      TreeReader reader = new TreeReader(parser);
      ObjectNode object = reader.read(schema);
      if (parser.nextToken() != null) {
        throw Refusals.unrecognized(body, json, expected);
      }
      checkKind(json, object, schema, expected);
      List<String> problems = reader.strictErrors();
      if (validation == FieldValidation.STRICT && !problems.isEmpty()) {
        throw Refusals.cannotBeHandled(expected, expected, Refusals.strict(problems));
      }
      return new Decoded(object, validation == FieldValidation.WARN ? problems : List.of());
    } catch (DecodingException e) {
      GroupVersionKind found = kindOf(json, expected);
      if (found == null) {
        throw Refusals.unrecognized(body, json, expected);
      }
      checkKind(found, schema, expected);
      throw Refusals.cannotBeHandled(found, expected, String.valueOf(e.getMessage()));
    } catch (JsonProcessingException e) {
      throw Refusals.unrecognized(body, json, expected);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * As {@link #decode}, for a body that is a tree already.
   *
   * @throws StatusException 400 as there
   */
  public static Decoded decodeTree(
      ObjectNode body, Schema schema, GroupVersionKind expected, FieldValidation validation) {
    return decodeTree(body, schema, expected, validation, List.of());
  }

  /**
   * As {@link #decode}, for a body that is a tree already.
   *
   * @param already what strict validation minds in the bytes that the tree is of
   * @throws StatusException 400 as there
   */
  public static Decoded decodeTree(
      ObjectNode body,
      Schema schema,
      GroupVersionKind expected,
      FieldValidation validation,
      List<String> already) {
    if (!isPlain(body.get("kind")) || !isPlain(body.get("apiVersion"))) {
      byte[] json = Json.write(body);
      throw Refusals.unrecognized(json, json, expected);
    }
    checkKind(new byte[0], body, schema, expected);
    try (JsonParser parser = body.traverse(Json.mapper())) {
      TreeReader reader = new TreeReader(parser);
      ObjectNode object = reader.read(schema);
      List<String> problems = new ArrayList<>(reader.strictErrors());
      problems.addAll(already);
      if (validation == FieldValidation.STRICT && !problems.isEmpty()) {
        throw Refusals.cannotBeHandled(expected, expected, Refusals.strict(problems));
      }
      return new Decoded(object, validation == FieldValidation.WARN ? problems : List.of());
    } catch (DecodingException e) {
      throw Refusals.cannotBeHandled(expected, expected, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads what a patch made of an object, as a body is read.
   *
   * @throws StatusException 422 with the whole patched object, as a kube-apiserver answers
   */
  public static Decoded decodePatched(
      ObjectNode patched, Schema schema, FieldValidation validation) {
    return reread(patched, patched, schema, validation);
  }

  private static Decoded reread(
      ObjectNode read, ObjectNode patched, Schema schema, FieldValidation validation) {
    try (JsonParser parser = read.traverse(Json.mapper())) {
      TreeReader reader = new TreeReader(parser);
      ObjectNode object = reader.read(schema);
      List<String> problems = reader.strictErrors();
      if (validation == FieldValidation.STRICT && !problems.isEmpty()) {
        throw Refusals.invalidPatch(patched, Refusals.strict(problems));
      }
      return new Decoded(object, validation == FieldValidation.WARN ? problems : List.of());
    } catch (DecodingException e) {
      throw Refusals.invalidPatch(patched, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * As {@link #decodePatched(ObjectNode, Schema, FieldValidation)}, for a patch of an object that
   * was decoded once: of a built-in kind's, only what the patch changed is read again.
   *
   * @param original the object that was patched; shares with the patched one what stayed as it was
   * @return a tree of the caller's own, but for its managedFields, which nobody changes in place
   */
  public static Decoded decodePatched(
      ObjectNode patched, ObjectNode original, Schema schema, FieldValidation validation) {
    if (schema.isCustom()) {
      return decodePatched(patched, schema, validation);
    }
    ObjectNode changed = Json.object();
    for (Map.Entry<String, JsonNode> field : patched.properties()) {
      if (!field.getValue().isContainerNode() || field.getValue() != original.get(field.getKey())) {
        changed.set(field.getKey(), field.getValue());
      }
    }
    Decoded decoded = reread(changed, patched, schema, validation);
    ObjectNode whole = Json.object();
    for (Map.Entry<String, JsonNode> field : patched.properties()) {
      JsonNode value =
          changed.has(field.getKey())
              ? decoded.object().get(field.getKey())
              : copy(field.getKey(), field.getValue());
      if (value != null) {
        whole.set(field.getKey(), value);
      }
    }
    return new Decoded(whole, decoded.warnings());
  }

  private static JsonNode copy(String field, JsonNode value) {
    if (!field.equals("metadata") || !value.has("managedFields")) {
      return value.deepCopy();
    }
    ObjectNode metadata = Json.object();
    for (Map.Entry<String, JsonNode> each : value.properties()) {
      boolean shared = each.getKey().equals("managedFields");
      metadata.set(each.getKey(), shared ? each.getValue() : each.getValue().deepCopy());
    }
    return metadata;
  }

  /**
   * Reads an object of which nothing is known.
   *
   * @return with what {@link FieldValidation} is about, fields that come twice, as its warnings
   * @throws DecodingException when the body is no object of JSON
   */
  public static Decoded decodeFree(byte[] body) {
    try (JsonParser parser = Json.mapper().getFactory().createParser(body)) {
      TreeReader reader = new TreeReader(parser);
      ObjectNode object = reader.read(Schemas.free());
      if (parser.nextToken() != null) {
        throw notJson(body, "invalid JSON");
      }
      return new Decoded(object, List.copyOf(reader.strictErrors()));
    } catch (JsonProcessingException e) {
      throw notJson(body, "invalid JSON");
    } catch (DecodingException e) {
      throw notJson(body, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DecodingException notJson(byte[] body, String otherwise) {
    String problem = JsonSyntax.problem(new String(body, StandardCharsets.UTF_8));
    return new DecodingException(problem == null ? otherwise : problem);
  }

  /**
   * The same tree without the fields that the schema does not know; for trees that were made by
   * plugins, webhooks and conversions.
   *
   * @throws DecodingException when a value of a built-in kind is mistyped
   */
  public static ObjectNode prune(ObjectNode tree, Schema schema) {
    try (JsonParser parser = tree.traverse(Json.mapper())) {
      return new TreeReader(parser).read(schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isPlain(@Nullable JsonNode word) {
    return word == null || word.isTextual();
  }

  private static void checkKind(
      byte[] json, ObjectNode object, Schema schema, GroupVersionKind expected) {
    JsonNode kind = object.get("kind");
    JsonNode apiVersion = object.get("apiVersion");
    if (!isPlain(kind) || !isPlain(apiVersion)) {
      throw Refusals.unrecognized(json, json, expected);
    }
    checkKind(
        GroupVersionKind.of(
            apiVersion == null || apiVersion.asText().isEmpty()
                ? expected.apiVersion()
                : apiVersion.asText(),
            kind == null || kind.asText().isEmpty() ? expected.kind() : kind.asText()),
        schema,
        expected);
    if (!expected.kind().equals("DeleteOptions") || apiVersion == null) {
      object.put("apiVersion", expected.apiVersion());
    }
    object.put("kind", expected.kind());
  }

  private static void checkKind(GroupVersionKind found, Schema schema, GroupVersionKind expected) {
    if (found.equals(expected)
        || (expected.kind().equals("DeleteOptions") && found.kind().equals("DeleteOptions"))
        || (expected.equals(EVICTION) && found.equals(OLD_EVICTION))) {
      return;
    }
    Schema other = Schemas.builtIn().find(found);
    boolean sameKind = found.kind().equals(expected.kind());
    if (sameKind && (other != null || schema.isCustom())) {
      throw StatusException.badRequest(
          "the API version in the data ("
              + found.apiVersion()
              + ") does not match the expected API version ("
              + expected.apiVersion()
              + ")");
    }
    if (other == null) {
      throw Refusals.cannotBeHandled(
          found,
          expected,
          "no kind \""
              + found.kind()
              + "\" is registered for version \""
              + found.apiVersion()
              + "\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"");
    }
    String[] parts = schema.definition().split("\\.");
    String internal = parts.length < 3 ? expected.group() : parts[parts.length - 3];
    throw Refusals.cannotBeHandled(
        found,
        expected,
        "converting ("
            + other.goType()
            + ") to ("
            + internal
            + "."
            + expected.kind()
            + "): unknown conversion");
  }

  /** The kind that a body says it is, filled up from the expected one; null when unreadable. */
  private static @Nullable GroupVersionKind kindOf(byte[] json, GroupVersionKind expected) {
    String apiVersion = "";
    String kind = "";
    try (JsonParser parser = Json.mapper().getFactory().createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken token = parser.nextToken();
        boolean wanted = name.equals("apiVersion") || name.equals("kind");
        if (wanted && token != JsonToken.VALUE_STRING && token != JsonToken.VALUE_NULL) {
          return null;
        }
        if (name.equals("apiVersion") && token == JsonToken.VALUE_STRING) {
          apiVersion = parser.getText();
        } else if (name.equals("kind") && token == JsonToken.VALUE_STRING) {
          kind = parser.getText();
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      return null;
    }
    return GroupVersionKind.of(
        apiVersion.isEmpty() ? expected.apiVersion() : apiVersion,
        kind.isEmpty() ? expected.kind() : kind);
  }

  private static byte[] yamlToJson(byte[] body, GroupVersionKind expected) {
    try {
      return Json.write(Yaml.read(body));
    } catch (IllegalArgumentException e) {
      throw Refusals.unrecognized(body, expected, String.valueOf(e.getMessage()));
    }
  }
}
