package dev.coracle.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/** A short name for a Pod template. */
public final class TemplateHash {

  private TemplateHash() {}

  /**
   * FNV-1a over the template's JSON with sorted keys, then the collision count; in letters that
   * form no words.
   */
  public static String of(JsonNode template, int collisions) {
    byte[] bytes = (sorted(template) + "/" + collisions).getBytes(StandardCharsets.UTF_8);
    int hash = 0x811c9dc5;
    for (byte b : bytes) {
      hash = (hash ^ (b & 0xff)) * 0x01000193;
    }
    return Names.safe(Integer.toUnsignedLong(hash));
  }

  private static String sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      TreeMap<String, String> fields = new TreeMap<>();
      object.properties().forEach(entry -> fields.put(entry.getKey(), sorted(entry.getValue())));
      return fields.toString();
    }
    if (node.isArray()) {
      StringBuilder text = new StringBuilder("[");
      node.forEach(element -> text.append(sorted(element)).append(','));
      return text.append(']').toString();
    }
    return node.toString();
  }
}
