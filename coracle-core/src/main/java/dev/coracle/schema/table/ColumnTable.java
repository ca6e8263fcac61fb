package dev.coracle.schema.table;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.schema.Schema;
import dev.coracle.schema.Schemas;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The resource {@code columns.txt}, read when the first table is asked for. */
final class ColumnTable {

  private static final String NAME_OF_OBJECT_META = "name";

  private static final class Holder {
    static final Map<String, List<String>> LINES = read();
  }

  private ColumnTable() {}

  private static Map<String, List<String>> read() {
    Map<String, List<String>> kinds = new HashMap<>();
    List<String> columns = new ArrayList<>();
    try (InputStream in =
            Objects.requireNonNull(ColumnTable.class.getResourceAsStream("columns.txt"));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty() || line.charAt(0) == '#') {
          continue;
        }
        if (line.charAt(0) == '+' || line.indexOf('|') >= 0) {
          columns.add(line);
        } else {
          columns = new ArrayList<>();
          kinds.put(line, columns);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return kinds;
  }

  /** The columns of a kind; those of the default table when it has none of its own. */
  static List<Column> of(GroupVersionKind gvk) {
    List<String> lines = Holder.LINES.get(gvk.group() + "/" + gvk.kind());
    if (lines == null) {
      return List.of(name(0), created());
    }
    List<Column> columns = new ArrayList<>(lines.size());
    for (String line : lines) {
      columns.add(
          switch (line) {
            case "+Name" -> name(0);
            case "+NameLast" -> name(1);
            case "+Age" -> age("string");
            case "+Created" -> created();
            default -> parse(line, gvk);
          });
    }
    return List.copyOf(columns);
  }

  static Column name(int priority) {
    return new Column("Name", "string", "name", priority, metadata(NAME_OF_OBJECT_META));
  }

  static Column age(String type) {
    return new Column("Age", type, "", 0, metadata("creationTimestamp"));
  }

  private static Column created() {
    return new Column("Created At", "date", "", 0, metadata("creationTimestamp"));
  }

  private static String metadata(String field) {
    Schema meta = Schemas.builtIn().definition(Schemas.OBJECT_META);
    return description(meta, field).replace(".  Populated", ".\n\nPopulated");
  }

  private static Column parse(String line, GroupVersionKind gvk) {
    int first = line.indexOf('|');
    int second = line.indexOf('|', first + 1);
    String code = line.substring(first + 1, second);
    String type =
        switch (code.charAt(0)) {
          case 'i' -> "integer";
          case 'b' -> "boolean";
          case 'd' -> "date";
          default -> "string";
        };
    String text = line.substring(second + 1);
    if (text.startsWith("@")) {
      String path = text.substring(1);
      text = description(Schemas.builtIn().find(gvk), path);
      if (text.isEmpty() && gvk.group().equals("autoscaling")) {
        text =
            description(
                Schemas.builtIn().find(GroupVersionKind.of("autoscaling/v2", gvk.kind())), path);
      }
    }
    return new Column(
        line.substring(0, first),
        type,
        code.endsWith("n") ? "name" : "",
        code.charAt(1) - '0',
        text);
  }

  private static String description(@Nullable Schema schema, String path) {
    Schema at = schema;
    for (String step : path.split("\\.")) {
      if (at == null) {
        return "";
      }
      at = at.property(step);
    }
    return at == null ? "" : at.description();
  }
}
