package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** Secrets: the type, and the write-only {@code stringData} that becomes {@code data}. */
final class SecretDefaults {

  private SecretDefaults() {}

  static void secret(ObjectNode secret) {
    if (Fill.existing(secret, "stringData") instanceof ObjectNode texts) {
      if (!texts.isEmpty()) {
        ObjectNode data = Fill.child(secret, "data");
        for (Map.Entry<String, JsonNode> text : texts.properties()) {
          data.put(
              text.getKey(),
              Base64.getEncoder()
                  .encodeToString(text.getValue().asText("").getBytes(StandardCharsets.UTF_8)));
        }
      }
      secret.remove("stringData");
    }
    Fill.text(secret, "type", "Opaque");
  }
}
