package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.request.Negotiated;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Parts of an object's stored bytes, found without parsing them. */
final class ObjectBytes {

  private static final byte[] PARTIAL_START = partialStart(Negotiated.META);

  private static final byte[] PARTIAL_END = {'}'};

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

  private static byte[] partialStart(String meta) {
    return bytes(
        "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"" + meta + "\",\"metadata\":");
  }

  /**
   * Writes the object as {@code PartialObjectMetadata}: only its metadata.
   *
   * @param meta the apiVersion of that kind
   */
  static void partial(KubeObject object, String meta, ListOutput.Output output) throws IOException {
    int end = object.metadataEnd();
    if (end > 0) {
      int start = object.metadataAt();
      byte[] head = meta.equals(Negotiated.META) ? PARTIAL_START : partialStart(meta);
      output.write(head, 0, head.length);
      output.write(object.json(), start, end - start);
      output.write(PARTIAL_END, 0, 1);
      return;
    }
    ObjectNode tree = Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", meta);
    tree.set("metadata", object.at("metadata"));
    byte[] json = Json.write(tree);
    output.write(json, 0, json.length);
  }

  static byte[] partial(KubeObject object, String meta) {
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(PARTIAL_START.length + object.metadataEnd());
    try {
      partial(object, meta, out::write);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }
}
