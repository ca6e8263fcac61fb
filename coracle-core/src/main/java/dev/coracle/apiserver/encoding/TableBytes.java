package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.schema.table.RowReader;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** A {@code meta.k8s.io/v1 Table}, written row by row. */
final class TableBytes implements ListOutput {

  private static final int FLUSHED_FROM = 32 * 1024;
  private static final byte[] ROWS = ObjectBytes.bytes(",\"rows\":[");
  private static final byte[] CELLS = ObjectBytes.bytes("{\"cells\":[");
  private static final byte[] CONDITIONS = ObjectBytes.bytes("],\"conditions\":");
  private static final byte[] OBJECT = ObjectBytes.bytes(",\"object\":");
  private static final byte[] NULL = ObjectBytes.bytes("null");

  private final List<KubeObject> objects;
  private final RowReader reader;
  private final Include include;
  private final String meta;
  private final Instant now;
  private final byte[] header;
  private byte[] buffer;
  private int used;

  /** What a row carries besides its cells, by the {@code includeObject} parameter. */
  enum Include {
    NONE,
    METADATA,
    OBJECT;

    static Include of(String parameter) {
      return switch (parameter) {
        case "None" -> NONE;
        case "Object" -> OBJECT;
        default -> METADATA;
      };
    }
  }

  /**
   * @param columns null for all events of a watch but the first
   * @param meta the apiVersion of the Table and of its rows' partial objects
   * @param now what ages are counted from
   */
  TableBytes(
      ObjectNode metadata,
      JsonNode columns,
      List<KubeObject> objects,
      RowReader reader,
      Include include,
      String meta,
      Instant now) {
    this.objects = objects;
    this.buffer = new byte[Math.min(FLUSHED_FROM + 8 * 1024, 2048 * (1 + objects.size()))];
    this.reader = reader;
    this.include = include;
    this.meta = meta;
    this.now = now;
    ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", meta);
    table.set("metadata", metadata);
    table.set("columnDefinitions", columns);
    header = Json.write(table);
  }

  @Override
  public int count() {
    return objects.size();
  }

  @Override
  public void writeTo(Output output) throws IOException {
    append(header, 0, header.length - 1);
    append(ROWS);
    boolean first = true;
    for (KubeObject object : objects) {
      if (!first) {
        append((byte) ',');
      }
      first = false;
      row(object);
      if (used >= FLUSHED_FROM) {
        output.write(buffer, 0, used);
        used = 0;
        // A long table is much work without a wait: others get their turn.
        Thread.yield();
      }
    }
    append((byte) ']');
    append((byte) '}');
    append((byte) '\n');
    output.write(buffer, 0, used);
    used = 0;
  }

  private void row(KubeObject object) throws IOException {
    RowReader.Cells row = reader.read(object, now);
    append(CELLS);
    ArrayNode cells = row.cells();
    for (int i = 0; i < cells.size(); i++) {
      if (i > 0) {
        append((byte) ',');
      }
      cell(cells.get(i));
    }
    if (row.conditions().isEmpty()) {
      append((byte) ']');
    } else {
      append(CONDITIONS);
      append(Json.write(row.conditions()));
    }
    append(OBJECT);
    switch (include) {
      case NONE -> append(NULL);
      case METADATA -> ObjectBytes.partial(object, meta, this::append);
      case OBJECT -> append(object.json());
    }
    append((byte) '}');
  }

  private void cell(JsonNode cell) {
    if (!cell.isTextual()) {
      append(cell.isFloatingPointNumber() ? Json.write(cell) : ObjectBytes.bytes(cell.asText()));
      return;
    }
    String text = cell.textValue();
    int length = text.length();
    room(length + 2);
    int at = used;
    buffer[at++] = '"';
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') {
        quoted(text);
        return;
      }
      buffer[at++] = (byte) c;
    }
    buffer[at++] = '"';
    used = at;
  }

  private void quoted(String text) {
    append((byte) '"');
    append(JsonStringEncoder.getInstance().quoteAsUTF8(text));
    append((byte) '"');
  }

  private void append(byte[] bytes) {
    append(bytes, 0, bytes.length);
  }

  private void append(byte[] bytes, int offset, int length) {
    room(length);
    System.arraycopy(bytes, offset, buffer, used, length);
    used += length;
  }

  private void append(byte one) {
    room(1);
    buffer[used++] = one;
  }

  private void room(int length) {
    if (buffer.length - used < length) {
      buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, used + length));
    }
  }
}
