package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Parts of an object's stored bytes, found without parsing them. */
final class ObjectBytes {

  private static final byte[] METADATA = bytes("\"metadata\":{");
  private static final byte[] PARTIAL_START =
      bytes("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":");

  private ObjectBytes() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** How an object begins whose kind and apiVersion stand in front, in that order. */
  static byte[] typePrefix(String kind, String apiVersion) {
    return bytes("{\"kind\":\"" + kind + "\",\"apiVersion\":\"" + apiVersion + "\",");
  }

  static boolean startsWith(byte[] json, byte[] prefix) {
    return json.length > prefix.length
        && Arrays.mismatch(json, 0, prefix.length, prefix, 0, prefix.length) < 0;
  }

  /** The object as {@code PartialObjectMetadata}: only its metadata. */
  static byte[] partial(KubeObject object) {
    byte[] json = object.json();
    byte[] prefix = typePrefix(object.kind(), object.apiVersion());
    int at = prefix.length;
    if (startsWith(json, prefix)
        && json.length > at + METADATA.length
        && Arrays.mismatch(json, at, at + METADATA.length, METADATA, 0, METADATA.length) < 0) {
      int start = at + METADATA.length - 1;
      int end = endOfObject(json, start);
      byte[] partial = new byte[PARTIAL_START.length + end - start + 1];
      System.arraycopy(PARTIAL_START, 0, partial, 0, PARTIAL_START.length);
      System.arraycopy(json, start, partial, PARTIAL_START.length, end - start);
      partial[partial.length - 1] = '}';
      return partial;
    }
    ObjectNode tree =
        Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    tree.set("metadata", object.at("metadata"));
    return Json.write(tree);
  }

  /** The index after the closing brace of the object that opens at {@code start}. */
  private static int endOfObject(byte[] json, int start) {
    int depth = 0;
    boolean inString = false;
    for (int i = start; i < json.length; i++) {
      byte b = json[i];
      if (inString) {
        if (b == '\\') {
          i++;
        } else if (b == '"') {
          inString = false;
        }
      } else if (b == '"') {
        inString = true;
      } else if (b == '{') {
        depth++;
      } else if (b == '}' && --depth == 0) {
        return i + 1;
      }
    }
    throw new IllegalStateException("an object without an end");
  }
}
