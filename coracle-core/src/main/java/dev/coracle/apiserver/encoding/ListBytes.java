package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.registry.ResourceType;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list as a concatenation of stored bytes: a header, the items, an end. Items of a built-in kind
 * lose their own kind and apiVersion, as in a typed list of Kubernetes; as these stand in front,
 * that is a matter of an offset.
 */
final class ListBytes implements ListOutput {

  private static final byte[] COMMA = {','};
  private static final byte[] OPEN = {'{'};
  private static final byte[] END = {']', '}', '\n'};

  private final byte[] header;
  private final List<KubeObject> items;

  /** The apiVersion of the partial objects; null when they are whole. */
  private final @Nullable String partialAs;

  private final byte[] skipped;

  private ListBytes(
      byte[] header, List<KubeObject> items, @Nullable String partialAs, byte[] skipped) {
    this.header = header;
    this.items = items;
    this.partialAs = partialAs;
    this.skipped = skipped;
  }

  static ListBytes whole(ObjectList list, ResourceType type) {
    byte[] skipped =
        type.custom() ? new byte[0] : ObjectBytes.typePrefix(type.kind(), type.gvk().apiVersion());
    return new ListBytes(
        header(type.listKind(), type.gvk().apiVersion(), metadata(list, type.custom())),
        list.items(),
        null,
        skipped);
  }

  static ListBytes partial(ObjectList list, String meta) {
    return new ListBytes(
        header("PartialObjectMetadataList", meta, metadata(list)), list.items(), meta, new byte[0]);
  }

  private static byte[] header(String kind, String apiVersion, ObjectNode metadata) {
    ObjectNode json = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    json.set("metadata", metadata);
    String head = json.toString();
    return ObjectBytes.bytes(head.substring(0, head.length() - 1) + ",\"items\":[");
  }

  /** Lists of custom resources say that nothing follows. */
  private static ObjectNode metadata(ObjectList list, boolean custom) {
    ObjectNode metadata = metadata(list);
    if (custom && list.continueToken() == null) {
      metadata.put("continue", "");
    }
    return metadata;
  }

  static ObjectNode metadata(ObjectList list) {
    ObjectNode metadata = Json.object();
    if (list.resourceVersion() > 0) {
      metadata.put("resourceVersion", String.valueOf(list.resourceVersion()));
    }
    if (list.continueToken() != null) {
      metadata.put("continue", list.continueToken());
    }
    if (list.remainingItemCount() != null) {
      metadata.put("remainingItemCount", list.remainingItemCount());
    }
    return metadata;
  }

  @Override
  public int count() {
    return items.size();
  }

  @Override
  public void writeTo(Output output) throws IOException {
    output.write(header, 0, header.length);
    boolean first = true;
    for (KubeObject item : items) {
      if (!first) {
        output.write(COMMA, 0, 1);
      }
      first = false;
      if (partialAs != null) {
        ObjectBytes.partial(item, partialAs, output);
        continue;
      }
      byte[] json = item.json();
      if (skipped.length > 0 && ObjectBytes.startsWith(json, skipped)) {
        output.write(OPEN, 0, 1);
        output.write(json, skipped.length, json.length - skipped.length);
      } else {
        output.write(json, 0, json.length);
      }
    }
    output.write(END, 0, END.length);
  }
}
