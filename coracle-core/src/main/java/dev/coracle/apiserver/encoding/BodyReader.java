package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.request.ApiRequest;
import dev.coracle.apiserver.request.RequestBody;
import dev.coracle.apiserver.request.Text;
import dev.coracle.schema.decoding.Refusals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads what a request carries; refusals have kube-apiserver's words. */
public final class BodyReader {

  static final String PROTOBUF = "application/vnd.kubernetes.protobuf";

  private BodyReader() {}

  private static final Pattern PARAMETERS =
      Pattern.compile(
          "(?:\\s*;\\s*[\\w!#$%&'*+.^`|~-]{1,60}=(?:[\\w!#$%&'*+.^`|~-]{1,200}|\"[^\"]{0,200}\"))*"
              + "\\s*;?\\s*");

  /**
   * The media type without parameters, in lower case; JSON when the client gave none, and the whole
   * header when its parameters are broken.
   */
  public static String mediaType(ApiRequest request) {
    String header = request.headers().first("content-type", "").strip();
    int semicolon = header.indexOf(';');
    if (semicolon >= 0 && !PARAMETERS.matcher(header.substring(semicolon)).matches()) {
      return header;
    }
    String type = (semicolon < 0 ? header : header.substring(0, semicolon)).strip();
    return type.isEmpty() ? "application/json" : type.toLowerCase(Locale.ROOT);
  }

  public static byte[] bytes(ApiRequest request) {
    return switch (request.body()) {
      case RequestBody.Bytes bytes -> bytes.bytes();
      case RequestBody.Tree tree -> Json.write(tree.tree());
      case RequestBody.Wire wire -> wire.read();
    };
  }

  /**
   * The object that a create or update carries. Fields that occur twice are put into the request's
   * warnings; with strict validation whoever decodes the object takes them out and refuses it.
   *
   * @param kind that the resource expects, for messages
   * @param version that the resource expects, for messages
   * @throws StatusException 400, 413 or 415
   */
  public static ObjectNode object(
      ApiRequest request, String kind, String version, WriteOptions options) {
    if (request.body() instanceof RequestBody.Tree local) {
      if (local.tree() instanceof ObjectNode object) {
        return object;
      }
      throw StatusException.badRequest(
          "the object provided is unrecognized (must be of type " + kind + ")");
    }
    String mediaType = mediaType(request);
    if (mediaType.equals(PROTOBUF)) {
      return ProtobufReader.read(bytes(request));
    }
    requireReadable(mediaType);
    byte[] bytes = bytes(request);
    GroupVersionKind expected = new GroupVersionKind("", version, kind);
    List<String> problems = new ArrayList<>(0);
    ObjectNode object =
        mediaType.equals("application/json")
            ? json(bytes, expected, problems)
            : yaml(bytes, expected, options.fieldValidation(), problems);
    if (!options.fieldValidation().equals("Ignore")) {
      request.warnings().addAll(problems);
    }
    return object;
  }

  /**
   * @throws StatusException 415 when it is neither JSON nor YAML
   */
  static void requireReadable(String mediaType) {
    if (!mediaType.equals("application/json") && !mediaType.equals("application/yaml")) {
      throw StatusException.unsupportedMediaType(
          "the body of the request was in an unknown format - accepted media types include:"
              + " application/json, application/yaml, application/vnd.kubernetes.protobuf");
    }
  }

  private static ObjectNode json(byte[] bytes, GroupVersionKind expected, List<String> problems) {
    JsonNode tree;
    List<String> duplicates = new ArrayList<>(0);
    try {
      tree = tree(bytes, duplicates);
    } catch (IOException e) {
      throw Refusals.unrecognizedJson(bytes, expected);
    }
    duplicates.forEach(path -> problems.add("duplicate field " + Text.quote(path)));
    if (tree instanceof ObjectNode object) {
      return object;
    }
    if (tree.isNull()) {
      return Json.object();
    }
    throw Refusals.unrecognizedJson(bytes, expected);
  }

  /**
   * A body that is JSON; what is no UTF-8 becomes replacement characters, as in Go.
   *
   * @param duplicates paths of the fields that occur more than once are added here
   * @throws IOException when it is not one JSON value
   */
  static JsonNode tree(byte[] bytes, List<String> duplicates) throws IOException {
    try {
      return JsonTreeReader.read(bytes, duplicates);
    } catch (IOException e) {
      byte[] readable = new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
      if (Arrays.equals(readable, bytes)) {
        throw e;
      }
      duplicates.clear();
      return JsonTreeReader.read(readable, duplicates);
    }
  }

  private static ObjectNode yaml(
      byte[] bytes, GroupVersionKind expected, String validation, List<String> problems) {
    JsonNode tree;
    try {
      tree = Yaml.read(bytes);
      if (!validation.equals("Ignore")) {
        List<String> duplicates = Yaml.duplicateKeys(bytes);
        if (!duplicates.isEmpty()) {
          problems.add("yaml: unmarshal errors:\n  " + String.join("\n  ", duplicates));
        }
      }
    } catch (IllegalArgumentException e) {
      throw Refusals.unrecognizedYaml(bytes, expected, e);
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    if (tree.isNull()) {
      return Json.object();
    }
    throw Refusals.unrecognizedYaml(bytes, expected, null);
  }
}
