package dev.coracle.apiserver.encoding;

import dev.coracle.api.GroupVersionKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which fields the API's protobuf messages have; generated in the build, read when the first
 * protobuf body comes in or is asked for.
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
   * @param meant whether an empty value says something
   * @param map whether values have string keys
   * @param type the message's name; empty for other kinds
   */
  record Field(
      int number,
      String name,
      Kind kind,
      boolean meant,
      boolean repeated,
      boolean map,
      String type) {}

  /**
   * Where a field of JSON is in a message.
   *
   * @param around the numbers of the messages around it that JSON does not have, from without
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Place(int[] around, Field field) {}

  private static final String META = "k8s.io.apimachinery.pkg.apis.meta.v1.";

  private final Map<String, Map<Integer, Field>> messages;
  private final Map<String, Map<String, Place>> places = new ConcurrentHashMap<>();

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
          Field field = field(columns, columns.length > 3 ? columns[3] : "");
          fields.put(field.number, field);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ProtobufTable(messages);
  }

  private static Field field(String[] columns, String type) {
    String kind = columns[2];
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
    return new Field(
        Integer.parseInt(columns[0]),
        columns[1],
        value,
        kind.endsWith("*"),
        repeated,
        map,
        type.intern());
  }

  /** The fields of a message by their numbers; empty when it is unknown. */
  Map<Integer, Field> fields(String message) {
    return messages.getOrDefault(message, Map.of());
  }

  /** The fields of a message by their names in JSON; empty when it is unknown. */
  Map<String, Place> names(String message) {
    Map<String, Place> known = places.get(message);
    if (known == null) {
      known = new HashMap<>();
      place(message, new int[0], known);
      places.put(message, known);
    }
    return known;
  }

  private void place(String message, int[] around, Map<String, Place> places) {
    for (Field field : fields(message).values()) {
      if (field.name.equals("-")) {
        int[] deeper = Arrays.copyOf(around, around.length + 1);
        deeper[around.length] = field.number;
        place(field.type, deeper, places);
      } else {
        places.put(field.name, new Place(around, field));
      }
    }
  }

  /** The message of a kind, or null. */
  @Nullable String message(GroupVersionKind kind) {
    String name = home(kind.group()) + kind.version() + "." + kind.kind();
    if (messages.containsKey(name)) {
      return name;
    }
    boolean everywhere = kind.group().isEmpty() || kind.kind().equals("DeleteOptions");
    String meta = META + kind.kind();
    return everywhere && messages.containsKey(meta) ? meta : null;
  }

  private static String home(String group) {
    int dot = group.indexOf('.');
    return switch (group) {
      case "" -> "k8s.io.api.core.";
      case "apiextensions.k8s.io" -> "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.";
      case "apiregistration.k8s.io" -> "k8s.io.kube_aggregator.pkg.apis.apiregistration.";
      case "meta.k8s.io" -> "k8s.io.apimachinery.pkg.apis.meta.";
      default ->
          dot < 0 || group.endsWith(".k8s.io")
              ? "k8s.io.api." + (dot < 0 ? group : group.substring(0, dot)) + "."
              : "";
    };
  }
}
