package dev.coracle.apiserver;

import dev.coracle.api.GroupVersionKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which fields the API's protobuf messages have; generated in the build, read when the first
 * protobuf body comes in.
 */
final class ProtobufTable {

  /** What a field holds. */
  enum Kind {
    STRING,
    INTEGER,
    BOOLEAN,
    DOUBLE,
    FLOAT,
    BYTES,
    MESSAGE
  }

  /**
   * A field.
   *
   * @param name in JSON; {@code -} when the message's own fields stand in its place
   * @param map whether values have string keys
   * @param type the message's name; empty for other kinds
   */
  record Field(String name, Kind kind, boolean repeated, boolean map, String type) {}

  private static final String META = "k8s.io.apimachinery.pkg.apis.meta.v1.";

  private final Map<String, Map<Integer, Field>> messages;

  private ProtobufTable(Map<String, Map<Integer, Field>> messages) {
    this.messages = messages;
  }

  private static final class Holder {
    static final ProtobufTable TABLE = load();
  }

  static ProtobufTable get() {
    return Holder.TABLE;
  }

  private static ProtobufTable load() {
    Map<String, Map<Integer, Field>> messages = new HashMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    ProtobufTable.class.getResourceAsStream("protobuf.txt"), "protobuf.txt"),
                StandardCharsets.UTF_8))) {
      Map<Integer, Field> fields = new HashMap<>();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.startsWith("=")) {
          fields = new HashMap<>();
          messages.put(line.substring(1), fields);
        } else {
          String[] columns = line.split("\t", -1);
          fields.put(
              Integer.valueOf(columns[0]),
              field(columns[1], columns[2], columns.length > 3 ? columns[3] : ""));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ProtobufTable(messages);
  }

  private static Field field(String name, String kind, String type) {
    boolean map = kind.startsWith("p");
    char letter = kind.charAt(map ? 1 : 0);
    boolean repeated = Character.isUpperCase(letter);
    Kind value =
        switch (Character.toLowerCase(letter)) {
          case 's' -> Kind.STRING;
          case 'i' -> Kind.INTEGER;
          case 'b' -> Kind.BOOLEAN;
          case 'd' -> Kind.DOUBLE;
          case 'f' -> Kind.FLOAT;
          case 'y' -> Kind.BYTES;
          default -> Kind.MESSAGE;
        };
    return new Field(name, value, repeated, map, type.intern());
  }

  /** The fields of a message by their numbers; empty when it is unknown. */
  Map<Integer, Field> fields(String message) {
    return messages.getOrDefault(message, Map.of());
  }

  /** The message of a kind, or null. */
  @Nullable String message(GroupVersionKind kind) {
    if (kind.kind().equals("DeleteOptions") || kind.kind().equals("Status")) {
      return META + kind.kind();
    }
    String group = kind.group().isEmpty() ? "core" : kind.group();
    int dot = group.indexOf('.');
    String home =
        switch (group) {
          case "apiextensions.k8s.io" -> "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.";
          case "meta.k8s.io" -> "k8s.io.apimachinery.pkg.apis.meta.";
          default -> "k8s.io.api." + (dot < 0 ? group : group.substring(0, dot)) + ".";
        };
    String name = home + kind.version() + "." + kind.kind();
    return messages.containsKey(name) ? name : null;
  }
}
