package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ObjectList;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.apiserver.request.Negotiated;
import dev.coracle.registry.ResourceType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON objects as {@code application/vnd.kubernetes.protobuf}: the counterpart of {@link
 * ProtobufReader}, over the same table, in one pass over the stored bytes.
 */
public final class ProtobufWriter {

  /** The length of a frame's length. */
  public static final int FRAME_HEAD = 4;

  private static final String ENVELOPE = "k8s\0";
  private static final String ITEMS = "items";

  private final ProtobufTable table;
  private final byte[] json;
  private final JsonParser parser;
  private final ProtobufOutput out;

  private ProtobufWriter(byte[] json, JsonParser parser, ProtobufOutput out) {
    this.table = ProtobufTable.get();
    this.json = json;
    this.parser = parser;
    this.out = out;
  }

  /**
   * An object of the API in its envelope.
   *
   * @param json with its kind and apiVersion
   * @throws StatusException 406 for a kind that has no protobuf form
   */
  static byte[] object(byte[] json) {
    KubeObject object = KubeObject.of(json);
    return object(json, object.kind(), object.apiVersion());
  }

  static byte[] object(byte[] json, String kind, String apiVersion) {
    String message = message(kind, apiVersion);
    ProtobufOutput out = new ProtobufOutput(json.length);
    envelope(out, kind, apiVersion);
    int raw = out.open(2);
    fields(json, message, out);
    out.close(raw);
    end(out);
    return out.toBytes();
  }

  /**
   * A list in its envelope, each item an array of its own.
   *
   * @param partial whether only the items' metadata are wanted
   */
  static byte[][] list(ObjectList list, ResourceType type, boolean partial) {
    String kind = partial ? "PartialObjectMetadataList" : type.listKind();
    String apiVersion = partial ? Negotiated.META : type.gvk().apiVersion();
    ProtobufTable.Place items = ProtobufTable.get().names(message(kind, apiVersion)).get(ITEMS);
    if (items == null) {
      throw notMarshalable(kind);
    }
    byte[][] parts = new byte[list.items().size() + 3][];
    ProtobufOutput meta = new ProtobufOutput(128);
    int metadata = meta.open(1);
    fields(
        Json.write(ListBytes.metadata(list)),
        "k8s.io.apimachinery.pkg.apis.meta.v1.ListMeta",
        meta);
    meta.close(metadata);
    parts[1] = meta.toBytes();
    long length = parts[1].length;
    for (int i = 0; i < list.items().size(); i++) {
      KubeObject item = list.items().get(i);
      byte[] json = partial ? ObjectBytes.partial(item, Negotiated.META) : item.json();
      ProtobufOutput out = new ProtobufOutput(json.length);
      int start = out.open(items.field().number());
      fields(json, items.field().type(), out);
      out.close(start);
      parts[i + 2] = out.toBytes();
      length += parts[i + 2].length;
    }
    ProtobufOutput front = new ProtobufOutput(128);
    envelope(front, kind, apiVersion);
    front.head(2, Math.toIntExact(length));
    parts[0] = front.toBytes();
    ProtobufOutput end = new ProtobufOutput(8);
    end(end);
    parts[parts.length - 1] = end.toBytes();
    return parts;
  }

  /**
   * An event as a frame of a watch stream: its length in four bytes, then a {@code WatchEvent}
   * without an envelope, whose object has one.
   *
   * @param json the event's object
   */
  static byte[] frame(WatchEvent.Type type, byte[] json) {
    byte[] object = object(json);
    ProtobufOutput out = new ProtobufOutput(object.length + 32);
    out.raw(new byte[FRAME_HEAD], 0, FRAME_HEAD);
    out.text(1, type.name());
    int raw = out.open(2);
    out.bytes(1, object);
    out.close(raw);
    byte[] frame = out.toBytes();
    int length = frame.length - FRAME_HEAD;
    for (int i = 0; i < FRAME_HEAD; i++) {
      frame[i] = (byte) (length >>> (24 - 8 * i));
    }
    return frame;
  }

  private static String message(String kind, String apiVersion) {
    String message = ProtobufTable.get().message(GroupVersionKind.of(apiVersion, kind));
    if (message == null) {
      throw notMarshalable(kind);
    }
    return message;
  }

  private static StatusException notMarshalable(String kind) {
    return new StatusException(
        new Status(
            406,
            "NotAcceptable",
            "object "
                + kind
                + " does not implement the protobuf marshalling interface and cannot be encoded to"
                + " a protobuf message",
            new Status.Details("", "", "", "", List.of(), 0)));
  }

  /** What stands in front of an object: {@code runtime.Unknown} up to its raw bytes. */
  private static void envelope(ProtobufOutput out, String kind, String apiVersion) {
    byte[] magic = ENVELOPE.getBytes(StandardCharsets.US_ASCII);
    out.raw(magic, 0, magic.length);
    int type = out.open(1);
    out.text(1, apiVersion);
    out.text(2, kind);
    out.close(type);
  }

  private static void end(ProtobufOutput out) {
    out.text(3, "");
    out.text(4, "");
  }

  /** A whole JSON object as the fields of a message. */
  private static void fields(byte[] json, String message, ProtobufOutput out) {
    try (JsonParser parser = Json.mapper().getFactory().createParser(json)) {
      parser.nextToken();
      new ProtobufWriter(json, parser, out).fields(message);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The parser stands at an object's start, and in the end at its end. */
  private void fields(String message) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    var names = table.names(message);
    for (JsonToken token = parser.nextToken();
        token == JsonToken.FIELD_NAME;
        token = parser.nextToken()) {
      ProtobufTable.Place place = names.get(parser.currentName());
      JsonToken value = parser.nextToken();
      if (place == null || value == JsonToken.VALUE_NULL) {
        parser.skipChildren();
      } else {
        placed(place);
      }
    }
  }

  /** A field, within the messages that stand around it where JSON has none. */
  private void placed(ProtobufTable.Place place) throws IOException {
    int[] around = place.around();
    int[] starts = new int[around.length];
    for (int i = 0; i < around.length; i++) {
      starts[i] = out.open(around[i]);
    }
    field(place.field());
    for (int i = around.length - 1; i >= 0; i--) {
      out.close(starts[i]);
    }
  }

  private void field(ProtobufTable.Field field) throws IOException {
    if (field.map()) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        int entry = out.open(field.number());
        out.text(1, parser.currentName());
        parser.nextToken();
        value(field, 2);
        out.close(entry);
      }
    } else if (!field.repeated()) {
      value(field, field.number());
    } else if (parser.currentToken() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        value(field, field.number());
      }
    } else {
      parser.skipChildren();
    }
  }

  private void value(ProtobufTable.Field field, int number) throws IOException {
    JsonToken token = parser.currentToken();
    if (field.kind() == ProtobufTable.Kind.MESSAGE) {
      message(field.type(), number);
      return;
    }
    if (!token.isScalarValue() || token == JsonToken.VALUE_NULL) {
      parser.skipChildren();
      return;
    }
    switch (field.kind()) {
      case STRING -> out.text(number, parser.getText());
      case INTEGER -> out.integer(number, parser.getValueAsLong());
      case BOOLEAN -> out.bool(number, parser.getValueAsBoolean());
      case DOUBLE -> out.doubled(number, parser.getValueAsDouble());
      case FLOAT -> out.floated(number, (float) parser.getValueAsDouble());
      case BYTES -> out.bytes(number, parser.getBinaryValue());
      case MESSAGE -> throw new IllegalStateException("a message is no scalar");
    }
  }

  /** A value whose form in JSON may be another than its message's. */
  private void message(String type, int number) throws IOException {
    JsonToken token = parser.currentToken();
    int start = out.open(number);
    switch (type.substring(type.lastIndexOf('.') + 1)) {
      case "Time" -> time(false);
      case "MicroTime" -> time(true);
      case "Quantity" -> out.text(1, parser.getText());
      case "IntOrString" -> {
        boolean text = token == JsonToken.VALUE_STRING;
        out.integer(1, text ? 1 : 0);
        out.integer(2, text ? 0 : parser.getValueAsLong());
        out.text(3, text ? parser.getText() : "");
      }
      case "FieldsV1", "RawExtension", "JSON" -> raw();
      case "JSONSchemaPropsOrBool" -> {
        out.bool(1, token != JsonToken.VALUE_FALSE);
        if (token == JsonToken.START_OBJECT) {
          named(type, "schema");
        }
      }
      case "JSONSchemaPropsOrArray" -> or(token, "schema", "jSONSchemas", type);
      case "JSONSchemaPropsOrStringArray" -> or(token, "schema", "property", type);
      case "ExtraValue", "OptionalNames", "Verbs" -> named(type, ITEMS);
      default -> fields(type);
    }
    out.close(start);
  }

  private void or(JsonToken token, String object, String array, String type) throws IOException {
    named(type, token == JsonToken.START_ARRAY ? array : object);
  }

  private void named(String type, String name) throws IOException {
    ProtobufTable.Place place = table.names(type).get(name);
    if (place == null) {
      parser.skipChildren();
    } else {
      field(place.field());
    }
  }

  private void time(boolean micro) throws IOException {
    Instant instant = instant(parser.getText());
    if (instant != null) {
      out.integer(1, instant.getEpochSecond());
      out.integer(2, micro ? instant.getNano() : 0);
    }
  }

  private static @Nullable Instant instant(String text) {
    try {
      return text.endsWith("Z") ? Instant.parse(text) : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** The value's JSON as it stands. */
  private void raw() throws IOException {
    long from = parser.currentTokenLocation().getByteOffset();
    if (parser.currentToken().isStructStart()) {
      parser.skipChildren();
      out.bytes(1, json, (int) from, (int) (parser.currentLocation().getByteOffset() - from));
    } else {
      ByteArrayOutputStream scalar = new ByteArrayOutputStream();
      try (var generator = Json.mapper().getFactory().createGenerator(scalar)) {
        generator.copyCurrentEvent(parser);
      }
      out.bytes(1, scalar.toByteArray());
    }
  }
}
