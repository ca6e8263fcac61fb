package dev.coracle.schema.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is told of bodies that cannot be read, in the words of a kube-apiserver. */
public final class Refusals {

  private static final int MOST_SHOWN = 30;

  private Refusals() {}

  static String strict(List<String> problems) {
    return "strict decoding error: " + String.join(", ", problems);
  }

  static StatusException cannotBeHandled(
      GroupVersionKind found, GroupVersionKind expected, String why) {
    return StatusException.badRequest(
        found.kind()
            + " in version \""
            + found.version()
            + "\" cannot be handled as a "
            + expected.kind()
            + ": "
            + why);
  }

  static StatusException invalidPatch(ObjectNode patched, String why) {
    // A patched document's own fields come sorted out of Kubernetes' patch libraries.
    ObjectNode sorted = Json.object();
    patched
        .propertyStream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(field -> sorted.set(field.getKey(), field.getValue()));
    String value = new String(Json.write(sorted), StandardCharsets.UTF_8);
    String message = "Invalid value: " + Json.object().textNode(value) + ": " + why;
    return StatusException.invalid(
        "", "", "", List.of(new StatusCause("FieldValueInvalid", message, "patch")));
  }

  /** The refusal of a body that is no JSON object. */
  public static StatusException unrecognizedJson(byte[] body, GroupVersionKind expected) {
    return unrecognized(body, body, expected);
  }

  /** The refusal of a body that is no YAML, or YAML of something else than an object. */
  public static StatusException unrecognizedYaml(
      byte[] body, GroupVersionKind expected, @Nullable IllegalArgumentException problem) {
    return problem == null
        ? unrecognized(body, Json.write(Yaml.read(body)), expected)
        : unrecognized(body, expected, String.valueOf(problem.getMessage()));
  }

  static StatusException unrecognized(byte[] body, byte[] json, GroupVersionKind expected) {
    return unrecognized(
        body, expected, "couldn't get version/kind; json parse error: " + jsonProblem(json));
  }

  static StatusException unrecognized(byte[] body, GroupVersionKind expected, String problem) {
    return StatusException.badRequest(
        "the object provided is unrecognized (must be of type "
            + expected.kind()
            + "): "
            + problem
            + " ("
            + summary(body)
            + ")");
  }

  /** What is wrong with bytes that are no object of JSON, in the words of Go's encoding/json. */
  public static String jsonProblem(byte[] json) {
    String text = new String(json, StandardCharsets.UTF_8);
    String syntax = JsonSyntax.problem(text);
    if (syntax != null) {
      return syntax;
    }
    JsonNode tree = Json.read(text);
    String typeMeta =
        "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string"
            + " \"json:\\\"kind,omitempty\\\"\" }";
    if (!tree.isObject()) {
      return "json: cannot unmarshal " + word(tree) + " into Go value of type " + typeMeta;
    }
    String field =
        tree.path("apiVersion").isTextual() || !tree.has("apiVersion") ? "kind" : "apiVersion";
    return "json: cannot unmarshal "
        + word(tree.path(field))
        + " into Go struct field ."
        + field
        + " of type string";
  }

  private static String word(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "array";
      case OBJECT, POJO -> "object";
      case STRING, BINARY -> "string";
      case NUMBER -> "number";
      case BOOLEAN -> "bool";
      case NULL, MISSING -> "null";
    };
  }

  /** The beginning of a body: as text when it looks like JSON, else as hexadecimal digits. */
  private static String summary(byte[] body) {
    if (body.length == 0) {
      return "<empty>";
    }
    int shown = Math.min(MOST_SHOWN, body.length);
    String more = shown < body.length ? " ..." : "";
    return body[0] == '{'
        ? new String(body, 0, shown, StandardCharsets.UTF_8) + more
        : HexFormat.of().formatHex(body, 0, shown) + more;
  }
}
