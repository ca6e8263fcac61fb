package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.request.ApiResponse;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.apiserver.request.Query;
import dev.coracle.registry.ResourceType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers as bytes, in the negotiated form. Plain JSON is the stored bytes themselves. */
public final class Encoder {

  private static final byte[] NEWLINE = {'\n'};
  private static final byte[] EVENT_END = {'}', '\n'};

  private final SchemaTables tables;

  public Encoder(SchemaTables tables) {
    this.tables = tables;
  }

  /** An object; the arrays must not be changed. */
  public byte[][] object(ApiResponse.One one, Query query) {
    Negotiated format = one.format();
    ResourceType type = one.type();
    if (format.view() == Negotiated.View.WHOLE || type == null) {
      return json(one.object().json(), format);
    }
    return json(viewed(one.object(), type, format, query, true), format);
  }

  /** A list in compact JSON, to be written piece by piece; null for every other form. */
  public @Nullable ListOutput pieces(ApiResponse.Many many, Query query) {
    Negotiated format = many.format();
    return format.encoding() == Negotiated.Encoding.JSON && !format.pretty()
        ? output(many, query)
        : null;
  }

  private ListOutput output(ApiResponse.Many many, Query query) {
    return switch (many.format().view()) {
      case TABLE ->
          tables.table(
              many.type(),
              many.list().items(),
              ListBytes.metadata(many.list()),
              TableBytes.Include.of(query.first("includeObject")),
              true,
              many.format().meta());
      case PARTIAL -> ListBytes.partial(many.list(), many.format().meta());
      case WHOLE, DISCOVERY_V2 -> ListBytes.whole(many.list(), many.type());
    };
  }

  /** A whole list. */
  public byte[][] list(ApiResponse.Many many, Query query) {
    Negotiated format = many.format();
    if (format.encoding() == Negotiated.Encoding.PROTOBUF) {
      return ProtobufWriter.list(
          many.list(), many.type(), format.view() == Negotiated.View.PARTIAL);
    }
    return json(output(many, query).toBytes(), format);
  }

  public byte[][] json(byte[] json, Negotiated format) {
    switch (format.encoding()) {
      case JSON -> {}
      case YAML -> {
        return new byte[][] {Yaml.write(Json.read(json))};
      }
      case PROTOBUF -> {
        return new byte[][] {ProtobufWriter.object(json)};
      }
    }
    if (format.pretty()) {
      return new byte[][] {JsonIndent.indent(json)};
    }
    return json.length > 0 && json[json.length - 1] == '\n'
        ? new byte[][] {json}
        : new byte[][] {json, NEWLINE};
  }

  /** One event as a line, or a frame, of a watch stream. */
  public byte[] event(WatchEvent event, ApiResponse.Watch watch, Query query, boolean first) {
    if (watch.format().encoding() == Negotiated.Encoding.PROTOBUF) {
      return watch.format().view() == Negotiated.View.WHOLE || event.type() == WatchEvent.Type.ERROR
          ? event.frame(each -> ProtobufWriter.frame(each.type(), each.object().json()))
          : ProtobufWriter.frame(
              event.type(), ObjectBytes.partial(event.object(), Negotiated.META));
    }
    return switch (watch.format().view()) {
      case WHOLE, DISCOVERY_V2 -> event.line();
      case PARTIAL, TABLE ->
          switch (event.type()) {
            case ERROR -> event.line();
            case ADDED, MODIFIED, DELETED, BOOKMARK ->
                line(
                    event.type(),
                    viewed(event.object(), watch.type(), watch.format(), query, first));
          };
    };
  }

  private static byte[] line(WatchEvent.Type type, byte[] json) {
    byte[] head = ObjectBytes.bytes("{\"type\":\"" + type + "\",\"object\":");
    byte[] line = new byte[head.length + json.length + EVENT_END.length];
    System.arraycopy(head, 0, line, 0, head.length);
    System.arraycopy(json, 0, line, head.length, json.length);
    System.arraycopy(EVENT_END, 0, line, head.length + json.length, EVENT_END.length);
    return line;
  }

  private byte[] viewed(
      KubeObject object,
      @Nullable ResourceType type,
      Negotiated format,
      Query query,
      boolean withColumns) {
    if (type == null || format.view() == Negotiated.View.PARTIAL) {
      return ObjectBytes.partial(object, format.meta());
    }
    ObjectNode metadata = Json.object();
    if (object.resourceVersion() > 0) {
      metadata.put("resourceVersion", String.valueOf(object.resourceVersion()));
    }
    byte[] table =
        tables
            .table(
                type,
                List.of(object),
                metadata,
                TableBytes.Include.of(query.first("includeObject")),
                withColumns,
                format.meta())
            .toBytes();
    return Arrays.copyOf(table, table.length - 1);
  }
}
