package dev.coracle.schema.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Names;
import dev.coracle.schema.validation.field.Field;
import dev.coracle.schema.validation.field.FieldErrors;
import dev.coracle.schema.validation.field.FieldPath;
import dev.coracle.schema.validation.field.Trees;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ConfigMaps and Secrets. */
final class DataValidation {

  private static final int LIMIT = 1024 * 1024;

  private DataValidation() {}

  static void validate(
      String kind, ObjectNode object, @Nullable ObjectNode old, FieldErrors errors) {
    Field data = Field.of(object, "data", errors);
    if (kind.equals("Secret")) {
      secret(object, data, errors);
    } else {
      configMap(object, data, errors);
    }
    if (old == null) {
      return;
    }
    if (kind.equals("Secret")) {
      Field.of(object, "type", errors).immutable(old.path("type"));
    }
    if (old.path("immutable").asBoolean(false)) {
      String frozen = "field is immutable when `immutable` is set";
      if (!object.path("immutable").asBoolean(false)) {
        Field.of(object, "immutable", errors).forbidden(frozen);
      }
      for (String field : new String[] {"data", "binaryData"}) {
        if (!Trees.same(object.path(field), old.path(field))) {
          Field.of(object, field, errors).forbidden(frozen);
        }
      }
    }
  }

  private static void configMap(ObjectNode object, Field data, FieldErrors errors) {
    int size = 0;
    Field binary = Field.of(object, "binaryData", errors);
    for (Map.Entry<String, JsonNode> entry : data.json().properties()) {
      key(data, entry.getKey());
      if (binary.json().has(entry.getKey())) {
        errors.invalid(
            data.path().key(entry.getKey()),
            entry.getKey(),
            "duplicate of key present in binaryData");
      }
      size += FieldErrors.bytes(entry.getValue().asText(""));
    }
    for (Map.Entry<String, JsonNode> entry : binary.json().properties()) {
      key(binary, entry.getKey());
      size += decodedSize(entry.getValue().asText(""));
    }
    if (size > LIMIT) {
      errors.tooLong("[]", LIMIT);
    }
  }

  private static void key(Field data, String key) {
    data.errors().invalid(data.path().key(key), key, Names.configMapKey(key));
  }

  private static int decodedSize(String base64) {
    int length = base64.length();
    int padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
    return length / 4 * 3 - padding;
  }

  private static void secret(ObjectNode secret, Field data, FieldErrors errors) {
    int size = 0;
    for (Map.Entry<String, JsonNode> entry : data.json().properties()) {
      key(data, entry.getKey());
      size += decodedSize(entry.getValue().asText(""));
    }
    if (size > LIMIT) {
      errors.tooLong(data.path(), LIMIT);
    }
    switch (secret.path("type").asText("")) {
      case "kubernetes.io/service-account-token" -> {
        String annotation = "kubernetes.io/service-account.name";
        if (secret.path("metadata").path("annotations").path(annotation).asText("").isEmpty()) {
          errors.required(FieldPath.of("metadata", "annotations").key(annotation), "");
        }
      }
      case "kubernetes.io/dockercfg" -> json(data, ".dockercfg");
      case "kubernetes.io/dockerconfigjson" -> json(data, ".dockerconfigjson");
      case "kubernetes.io/basic-auth" -> {
        if (!data.json().has("username") && !data.json().has("password")) {
          errors.required(data.path().key("username"), "");
          errors.required(data.path().key("password"), "");
        }
      }
      case "kubernetes.io/ssh-auth" -> {
        if (data.text("ssh-privatekey").isEmpty()) {
          errors.required(data.path().key("ssh-privatekey"), "");
        }
      }
      case "kubernetes.io/tls" -> {
        for (String key : new String[] {"tls.crt", "tls.key"}) {
          if (!data.json().has(key)) {
            errors.required(data.path().key(key), "");
          }
        }
      }
      default -> {}
    }
  }

  private static void json(Field data, String key) {
    if (!data.json().has(key)) {
      data.errors().required(data.path().key(key), "");
      return;
    }
    try {
      Json.read(Base64.getDecoder().decode(data.text(key)));
    } catch (IllegalArgumentException e) {
      data.errors()
          .invalid(data.path().key(key), "<secret contents redacted>", "invalid character in JSON");
    }
  }
}
