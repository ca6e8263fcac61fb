package dev.coracle.apiserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Reads what a request carries; refusals have kube-apiserver's words. */
final class BodyReader {

  static final String PROTOBUF = "application/vnd.kubernetes.protobuf";

  private static final int SUMMARY = 30;

  private BodyReader() {}

  /** The media type without parameters, in lower case; JSON when the client gave none. */
  static String mediaType(ApiRequest request) {
    String header = request.headers().first("content-type", "");
    int semicolon = header.indexOf(';');
    String type = (semicolon < 0 ? header : header.substring(0, semicolon)).strip();
    return type.isEmpty() ? "application/json" : type.toLowerCase(Locale.ROOT);
  }

  static byte[] bytes(ApiRequest request) {
    return switch (request.body()) {
      case RequestBody.Bytes bytes -> bytes.bytes();
      case RequestBody.Tree tree -> Json.write(tree.tree());
      case RequestBody.Wire wire -> wire.read();
    };
  }

  /**
   * The object that a create or update carries. Fields that occur twice are a warning or, with
   * strict validation, an error.
   *
   * @param kind that the resource expects, for messages
   * @param version that the resource expects, for messages
   * @throws StatusException 400, 413 or 415
   */
  static ObjectNode object(ApiRequest request, String kind, String version, WriteOptions options) {
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
    if (!mediaType.equals("application/json") && !mediaType.equals("application/yaml")) {
      throw StatusException.unsupportedMediaType(
          "the body of the request was in an unknown format - accepted media types include:"
              + " application/json, application/yaml, application/vnd.kubernetes.protobuf");
    }
    byte[] bytes = bytes(request);
    List<String> duplicates = new ArrayList<>(0);
    ObjectNode object =
        mediaType.equals("application/json") ? json(bytes, kind, duplicates) : yaml(bytes, kind);
    report(duplicates, object, kind, version, request, options);
    return object;
  }

  private static ObjectNode json(byte[] bytes, String kind, List<String> duplicates) {
    JsonNode tree;
    try {
      tree = JsonTreeReader.read(bytes, duplicates);
    } catch (IOException e) {
      throw unrecognized(
          kind, "couldn't get version/kind; json parse error: " + goMessage(e, bytes), bytes);
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    String found =
        tree.isArray()
            ? "array"
            : tree.isTextual() ? "string" : tree.isNumber() ? "number" : "bool";
    throw unrecognized(
        kind,
        "couldn't get version/kind; json parse error: json: cannot unmarshal "
            + found
            + " into Go value of type struct { APIVersion string"
            + " \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }",
        bytes);
  }

  private static ObjectNode yaml(byte[] bytes, String kind) {
    try {
      if (Yaml.read(bytes) instanceof ObjectNode object) {
        return object;
      }
    } catch (IllegalArgumentException e) {
      throw unrecognized(kind, oneLine(String.valueOf(e.getMessage())), bytes);
    }
    throw unrecognized(kind, "yaml: the document is not a mapping", bytes);
  }

  private static StatusException unrecognized(String kind, String why, byte[] bytes) {
    return StatusException.badRequest(
        "the object provided is unrecognized (must be of type "
            + kind
            + "): "
            + why
            + " ("
            + summary(bytes)
            + ")");
  }

  /** The beginning of a body: as text when it looks like JSON, else as hexadecimal digits. */
  private static String summary(byte[] bytes) {
    if (bytes.length == 0) {
      return "<empty>";
    }
    int length = Math.min(bytes.length, SUMMARY);
    String begin =
        bytes[0] == '{'
            ? new String(bytes, 0, length, StandardCharsets.UTF_8)
            : HexFormat.of().formatHex(bytes, 0, length);
    return bytes.length > SUMMARY ? begin + " ..." : begin;
  }

  /** What Go's encoding/json says of broken JSON, as far as it can be told. */
  static String goMessage(IOException broken, byte[] bytes) {
    if (broken instanceof JsonEOFException) {
      return "unexpected end of JSON input";
    }
    if (broken instanceof JsonProcessingException parse && parse.getLocation() != null) {
      long offset = parse.getLocation().getByteOffset() - 1;
      if (offset >= 0 && offset < bytes.length) {
        return "invalid character '"
            + (char) (bytes[(int) offset] & 0xff)
            + "' looking for beginning of value";
      }
      return oneLine(parse.getOriginalMessage());
    }
    return oneLine(String.valueOf(broken.getMessage()));
  }

  private static String oneLine(String message) {
    return message.replace('\n', ' ').strip();
  }

  private static void report(
      List<String> duplicates,
      ObjectNode object,
      String kind,
      String version,
      ApiRequest request,
      WriteOptions options) {
    if (duplicates.isEmpty() || options.fieldValidation().equals("Ignore")) {
      return;
    }
    List<String> messages =
        duplicates.stream().map(path -> "duplicate field " + Text.quote(path)).toList();
    if (!options.fieldValidation().equals("Strict")) {
      request.warnings().addAll(messages);
      return;
    }
    throw StatusException.badRequest(
        object.path("kind").asText(kind)
            + " in version "
            + Text.quote(version)
            + " cannot be handled as a "
            + kind
            + ": strict decoding error: "
            + String.join(", ", messages));
  }
}
