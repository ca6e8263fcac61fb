package dev.coracle.registry.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.Names;
import dev.coracle.api.StatusException;
import dev.coracle.registry.ConversionWebhooks;
import dev.coracle.registry.Meta;
import dev.coracle.registry.flow.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Asks a CRD's conversion webhook, and checks what it says: {@code ConversionReview} of {@code
 * apiextensions.k8s.io/v1}, or v1beta1 where the webhook knows only that. Of metadata a webhook may
 * change labels and annotations only.
 */
final class ConversionReview {

  private static final String GROUP = "apiextensions.k8s.io";

  private final ConversionWebhooks webhooks;
  private final JsonNode webhook;

  /**
   * @param webhook {@code spec.conversion.webhook} of the CRD
   */
  ConversionReview(ConversionWebhooks webhooks, JsonNode webhook) {
    this.webhooks = webhooks;
    this.webhook = webhook;
  }

  /**
   * Converts objects, none of which has the wanted version yet.
   *
   * @param uid of the review
   * @return trees of the caller's own, in the same order
   * @throws StatusException 500 when the webhook fails or says what it must not
   */
  List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion, String uid) {
    String what = shown(objects.getFirst());
    String version = version();
    ObjectNode review =
        Json.object().put("kind", "ConversionReview").put("apiVersion", GROUP + "/" + version);
    ObjectNode request =
        review.putObject("request").put("uid", uid).put("desiredAPIVersion", apiVersion);
    ArrayNode sent = request.putArray("objects");
    objects.forEach(sent::add);
    ArrayNode converted;
    try {
      byte[] answer = webhooks.post(webhook.path("clientConfig"), Json.write(review));
      converted = converted(answer, version, uid);
    } catch (ConversionWebhooks.Failure e) {
      throw failure("conversion webhook for " + what + " failed: " + e.getMessage());
    }
    if (converted.size() != objects.size()) {
      throw failure(
          "conversion webhook for "
              + what
              + " returned "
              + converted.size()
              + " objects, expected "
              + objects.size());
    }
    List<ObjectNode> checked = new ArrayList<>(objects.size());
    for (int i = 0; i < objects.size(); i++) {
      String at = objects.size() == 1 ? "object" : "converted object at index " + i;
      checked.add(
          checked(
              objects.get(i),
              converted.get(i),
              apiVersion,
              "conversion webhook for " + what + " returned invalid ",
              at));
    }
    return checked;
  }

  private static String shown(ObjectNode object) {
    GroupVersionKind kind =
        GroupVersionKind.of(Meta.text(object, "apiVersion"), Meta.text(object, "kind"));
    return kind.group() + "/" + kind.version() + ", Kind=" + kind.kind();
  }

  private String version() {
    for (JsonNode version : webhook.path("conversionReviewVersions")) {
      if (version.asText("").equals("v1") || version.asText("").equals("v1beta1")) {
        return version.asText();
      }
    }
    throw failure("no supported conversion review versions");
  }

  private static StatusException failure(String message) {
    return Options.unexplained(message);
  }

  private static ArrayNode converted(byte[] answer, String version, String uid)
      throws ConversionWebhooks.Failure {
    JsonNode review;
    try {
      review = Json.read(answer);
    } catch (IllegalArgumentException e) {
      throw new ConversionWebhooks.Failure(
          "couldn't get version/kind; json parse error: " + e.getMessage());
    }
    boolean strict = version.equals("v1");
    if (strict
        && !(Meta.text(review, "apiVersion").equals(GROUP + "/v1")
            && Meta.text(review, "kind").equals("ConversionReview"))) {
      GroupVersionKind got =
          GroupVersionKind.of(Meta.text(review, "apiVersion"), Meta.text(review, "kind"));
      throw new ConversionWebhooks.Failure(
          "expected webhook response of "
              + GROUP
              + "/v1, Kind=ConversionReview, got "
              + got.group()
              + "/"
              + got.version()
              + ", Kind="
              + got.kind());
    }
    JsonNode response = review.path("response");
    if (!response.isObject()) {
      throw new ConversionWebhooks.Failure("no response provided");
    }
    if (strict && !Meta.text(response, "uid").equals(uid)) {
      throw new ConversionWebhooks.Failure(
          "expected response.uid=\"" + uid + "\", got \"" + Meta.text(response, "uid") + "\"");
    }
    JsonNode result = response.path("result");
    if (!Meta.text(result, "status").equals("Success")) {
      String message = Meta.text(result, "message");
      throw new ConversionWebhooks.Failure(
          message.isEmpty()
              ? "response.result.status was '" + Meta.text(result, "status") + "', not 'Success'"
              : message);
    }
    return response.get("convertedObjects") instanceof ArrayNode objects ? objects : Json.array();
  }

  private static ObjectNode checked(
      ObjectNode original, JsonNode answer, String apiVersion, String prefix, String at) {
    if (!(answer instanceof ObjectNode converted)) {
      throw failure(prefix + at + ": it is no object");
    }
    if (!Meta.text(converted, "apiVersion").equals(apiVersion)) {
      throw failure(
          prefix
              + at
              + ": invalid groupVersion (expected "
              + apiVersion
              + ", received "
              + Meta.text(converted, "apiVersion")
              + ")");
    }
    same(original.path("kind"), converted.path("kind"), "kind", prefix + at);
    JsonNode before = original.path("metadata");
    JsonNode after = converted.path("metadata");
    for (String field : List.of("name", "namespace", "uid")) {
      same(before.path(field), after.path(field), field.equals("uid") ? "UID" : field, prefix + at);
    }
    String metadata =
        prefix
            + (at.equals("object")
                ? "metadata"
                : at.replace("converted object", "metadata in object"));
    if (after.isMissingNode()) {
      throw failure(metadata + ": missing metadata in converted object");
    }
    if (!after.isObject()) {
      throw failure(
          metadata + ": invalid metadata of type " + goType(after) + " in converted object");
    }
    ObjectNode restored = before.isObject() ? before.deepCopy() : Json.object();
    for (String field : List.of("labels", "annotations")) {
      JsonNode said = after.path(field);
      if (said.isMissingNode() || said.isNull()) {
        restored.remove(field);
      } else {
        checkMap(before.path(field), said, field, metadata);
        restored.set(field, said);
      }
    }
    converted.set("metadata", restored);
    return converted;
  }

  private static void same(JsonNode before, JsonNode after, String what, String prefix) {
    if (!before.asText("").equals(after.asText(""))) {
      throw failure(
          prefix
              + ": must have the same "
              + what
              + ": "
              + before.asText("")
              + " != "
              + after.asText(""));
    }
  }

  private static void checkMap(JsonNode before, JsonNode said, String field, String prefix) {
    if (!said.isObject()) {
      throw failure(
          prefix
              + ": invalid metadata."
              + field
              + " of type "
              + goType(said)
              + " in converted object");
    }
    for (Map.Entry<String, JsonNode> entry : said.properties()) {
      if (!entry.getValue().isTextual()) {
        throw failure(
            prefix
                + ": metadata."
                + field
                + "["
                + entry.getKey()
                + "] must be a string, but is "
                + goType(entry.getValue())
                + " in converted object");
      }
      if (!entry.getValue().equals(before.get(entry.getKey()))) {
        checkEntry(entry.getKey(), entry.getValue().asText(), field, prefix);
      }
    }
  }

  private static void checkEntry(String key, String value, String field, String prefix) {
    boolean label = field.equals("labels");
    String path = label ? "metadata.labels" : "metadata.annotation";
    List<String> wrong = Names.qualifiedName(label ? key : key.toLowerCase(java.util.Locale.ROOT));
    String shown = key;
    if (wrong.isEmpty() && label) {
      wrong = Names.labelValue(value);
      shown = value;
    }
    if (!wrong.isEmpty()) {
      throw failure(
          prefix + ": " + path + ": Invalid value: \"" + shown + "\": " + String.join(", ", wrong));
    }
  }

  /** What Go calls the type of a decoded value. */
  private static String goType(JsonNode value) {
    JsonNodeType type = value.getNodeType();
    return switch (type) {
      case OBJECT -> "map[string]interface {}";
      case ARRAY -> "[]interface {}";
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER -> value.isIntegralNumber() ? "int64" : "float64";
      default -> "<nil>";
    };
  }
}
