package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;

/**
 * Between the store's bytes and an object's. A stored value is the object's JSON without {@code
 * metadata.resourceVersion}, because the revision is known only when it is stored; this puts it in,
 * behind the uid, where Kubernetes writes it.
 */
public final class StoredJson {

  private static final byte[] UID = bytes("\"uid\":\"");
  private static final byte[] METADATA = bytes("\"metadata\":{");
  private static final byte[] VERSION = bytes(",\"resourceVersion\":\"");

  private StoredJson() {}

  /** The object that a stored value is at a revision. */
  public static KubeObject object(byte[] stored, long revision) {
    int at = afterUid(stored);
    if (at >= 0) {
      return KubeObject.of(
          splice(stored, at, bytes(",\"resourceVersion\":\"" + revision + "\""), at));
    }
    int metadata = indexOf(stored, METADATA, 0) + METADATA.length;
    String comma = stored[metadata] == '}' ? "" : ",";
    return KubeObject.of(
        splice(
            stored, metadata, bytes("\"resourceVersion\":\"" + revision + "\"" + comma), metadata));
  }

  /** The same object with another resourceVersion. */
  public static KubeObject at(KubeObject object, long revision) {
    byte[] json = object.json();
    int at = afterUid(json);
    if (at >= 0 && matches(json, VERSION, at)) {
      int digits = at + VERSION.length;
      int end = digits;
      while (json[end] != '"') {
        end++;
      }
      return KubeObject.of(splice(json, digits, bytes(String.valueOf(revision)), end));
    }
    var tree = object.mutableTree();
    if (tree.get("metadata") instanceof com.fasterxml.jackson.databind.node.ObjectNode metadata) {
      metadata.put("resourceVersion", String.valueOf(revision));
    }
    return KubeObject.of(tree);
  }

  /** The index behind the closing quote of metadata.uid, or -1. */
  private static int afterUid(byte[] json) {
    int at = indexOf(json, UID, 0);
    if (at < 0) {
      return -1;
    }
    int end = at + UID.length;
    while (json[end] != '"') {
      end++;
    }
    return end + 1;
  }

  /** The bytes before {@code from}, the insertion, and the bytes from {@code to} on. */
  private static byte[] splice(byte[] json, int from, byte[] insertion, int to) {
    byte[] result = new byte[from + insertion.length + json.length - to];
    System.arraycopy(json, 0, result, 0, from);
    System.arraycopy(insertion, 0, result, from, insertion.length);
    System.arraycopy(json, to, result, from + insertion.length, json.length - to);
    return result;
  }

  private static int indexOf(byte[] json, byte[] word, int from) {
    for (int i = from; i <= json.length - word.length; i++) {
      if (json[i] == word[0] && matches(json, word, i)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean matches(byte[] json, byte[] word, int at) {
    if (at + word.length > json.length) {
      return false;
    }
    for (int i = 0; i < word.length; i++) {
      if (json[at + i] != word[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
