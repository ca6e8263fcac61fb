package dev.coracle.registry.cache;

import dev.coracle.api.KubeObject;
import dev.coracle.store.Store;
import java.nio.charset.StandardCharsets;

/**
 * Between the store's bytes and an object's: {@code metadata.resourceVersion} is the revision that
 * stored the object, known only when it is stored. {@link #value} puts it in at that moment, behind
 * the uid, where Kubernetes writes it, so that the store and the caches share one array; {@link
 * #object} puts it into bytes that were stored without it (such as enciphered ones).
 */
public final class StoredJson {

  private static final byte[] UID = bytes("\"uid\":\"");
  private static final byte[] METADATA = bytes("\"metadata\":{");
  private static final byte[] VERSION = bytes(",\"resourceVersion\":\"");

  private StoredJson() {}

  /**
   * JSON that takes its resourceVersion when it is stored.
   *
   * @param json an object without one, or with an old one behind its uid
   */
  public static Store.Value value(byte[] json) {
    return new Store.Value() {
      @Override
      public int size() {
        return json.length;
      }

      @Override
      public byte[] at(long revision) {
        return versioned(json, revision);
      }
    };
  }

  /** The object that an entry of the store holds. */
  public static KubeObject object(Store.Entry entry) {
    byte[] stored = entry.value();
    int at = afterUid(stored);
    return KubeObject.of(
        at >= 0 && matches(stored, VERSION, at) ? stored : versioned(stored, entry.modRevision()),
        entry.name());
  }

  private static byte[] versioned(byte[] json, long revision) {
    int at = afterUid(json);
    if (at >= 0) {
      int behind = matches(json, VERSION, at) ? quote(json, at + VERSION.length) + 1 : at;
      return splice(json, at, bytes(",\"resourceVersion\":\"" + revision + "\""), behind);
    }
    int metadata = indexOf(json, METADATA, 0) + METADATA.length;
    String comma = json[metadata] == '}' ? "" : ",";
    return splice(
        json, metadata, bytes("\"resourceVersion\":\"" + revision + "\"" + comma), metadata);
  }

  /** The same object with another resourceVersion. */
  public static KubeObject at(KubeObject object, long revision) {
    byte[] json = object.json();
    int at = afterUid(json);
    if (at >= 0 && matches(json, VERSION, at)) {
      return KubeObject.of(versioned(json, revision), object.name());
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
    return quote(json, at + UID.length) + 1;
  }

  /** Where the next quotation mark is. */
  private static int quote(byte[] json, int from) {
    int at = from;
    while (json[at] != '"') {
      at++;
    }
    return at;
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
