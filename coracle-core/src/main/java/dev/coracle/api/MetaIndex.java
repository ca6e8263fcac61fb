package dev.coracle.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an object that the server itself needs and that many objects have in common (all
 * ConfigMaps of a namespace, all Pods of a ReplicaSet): one instance serves those that came lately.
 * They are read in one pass without building a tree.
 */
final class MetaIndex {

  final String apiVersion;
  final String kind;
  final String namespace;
  final long generation;
  final @Nullable String deletionTimestamp;
  final Map<String, String> labels;
  final List<String> finalizers;
  final List<OwnerReference> ownerReferences;

  private MetaIndex(Reader read) {
    apiVersion = read.apiVersion;
    kind = read.kind;
    namespace = read.namespace;
    generation = read.generation;
    deletionTimestamp = read.deletionTimestamp;
    labels = read.labels;
    finalizers = read.finalizers;
    ownerReferences = read.ownerReferences;
  }

  @Override
  public int hashCode() {
    int hash = kind.hashCode();
    hash = 31 * hash + namespace.hashCode();
    hash = 31 * hash + Long.hashCode(generation);
    hash = 31 * hash + labels.hashCode();
    for (OwnerReference owner : ownerReferences) {
      hash = 31 * hash + owner.uid().hashCode();
    }
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MetaIndex index
        && apiVersion.equals(index.apiVersion)
        && kind.equals(index.kind)
        && namespace.equals(index.namespace)
        && generation == index.generation
        && Objects.equals(deletionTimestamp, index.deletionTimestamp)
        && labels.equals(index.labels)
        && finalizers.equals(index.finalizers)
        && ownerReferences.equals(index.ownerReferences);
  }

  private static final int FRAME = "{'kind':'','apiVersion':'','metadata':".length();

  private static final char ABSENT = 0;

  /** The value is there, but written with escapes, or far from the beginning. */
  private static final char ELSEWHERE = 0xffff;

  private static final Recent<MetaIndex> INDEXES = new Recent<>(1024);
  private static final Recent<String> STRINGS = new Recent<>(1024);

  /**
   * The string at a place that a reader gives, or the empty string when there is none.
   *
   * @param field of metadata
   */
  static String text(byte[] json, char at, String field) {
    if (at == ABSENT) {
      return "";
    }
    if (at == ELSEWHERE) {
      return Json.readObject(json).path("metadata").path(field).asText("");
    }
    int end = at;
    while (json[end] != '"') {
      end++;
    }
    return new String(json, at, end - at, StandardCharsets.UTF_8);
  }

  /** Where metadata begins when kind and apiVersion stand before it, in that order and compact. */
  static int metadataAt(String kind, String apiVersion) {
    return FRAME + kind.length() + apiVersion.length();
  }

  /** Reads an object's index, and what no other object has. */
  static Reader read(byte[] json) {
    Reader reader = new Reader(json);
    try (JsonParser parser = Json.parser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (field) {
          case "apiVersion" -> reader.apiVersion = parser.getValueAsString("").intern();
          case "kind" -> reader.kind = parser.getValueAsString("").intern();
          case "metadata" -> {
            if (value == JsonToken.START_OBJECT) {
              int at = (int) parser.currentTokenLocation().getByteOffset();
              reader.metadata(parser);
              if (at == metadataAt(reader.kind, reader.apiVersion)) {
                reader.metadataEnd = (int) parser.currentLocation().getByteOffset();
              }
            }
            if (!reader.kind.isEmpty() && !reader.apiVersion.isEmpty()) {
              return reader;
            }
          }
          default -> parser.skipChildren();
        }
      }
      return reader;
    } catch (IOException e) {
      throw new IllegalArgumentException("not a JSON object: " + e.getMessage(), e);
    }
  }

  /** Collects an index, and what no other object has. */
  static final class Reader {
    private final byte[] json;
    String apiVersion = "";
    String kind = "";
    String namespace = "";
    String name = "";

    /** Where in the JSON metadata.uid stands, as {@link #text} reads it. */
    char uidAt = ABSENT;

    /** Where metadata.creationTimestamp stands. */
    char creationTimestampAt = ABSENT;

    long resourceVersion;
    long generation;

    /** As {@link KubeObject#metadataEnd} has it. */
    int metadataEnd;

    @Nullable String deletionTimestamp;
    Map<String, String> labels = Map.of();
    List<String> finalizers = List.of();
    List<OwnerReference> ownerReferences = List.of();

    Reader(byte[] json) {
      this.json = json;
    }

    MetaIndex index() {
      return INDEXES.like(new MetaIndex(this));
    }

    void metadata(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (value == JsonToken.VALUE_NULL) {
          continue;
        }
        switch (field) {
          case "namespace" -> namespace = parser.getValueAsString("").intern();
          case "name" -> name = parser.getValueAsString("");
          case "uid" -> uidAt = place(parser);
          case "resourceVersion" -> resourceVersion = number(parser.getValueAsString(""));
          case "generation" -> generation = parser.getValueAsLong();
          case "creationTimestamp" -> creationTimestampAt = place(parser);
          case "deletionTimestamp" -> deletionTimestamp = parser.getValueAsString("");
          case "labels" -> labels = strings(parser);
          case "finalizers" -> finalizers = list(parser);
          case "ownerReferences" -> ownerReferences = owners(parser);
          default -> parser.skipChildren();
        }
      }
    }

    /** Where the string that the parser is at begins, behind its quote. */
    private char place(JsonParser parser) throws IOException {
      String value = parser.getValueAsString("");
      if (value.isEmpty()) {
        return ABSENT;
      }
      long at = parser.currentTokenLocation().getByteOffset() + 1;
      int end = (int) at + value.length();
      if (at <= 0 || at >= ELSEWHERE || end >= json.length || json[end] != '"') {
        return ELSEWHERE;
      }
      for (int i = 0; i < value.length(); i++) {
        if (json[(int) at + i] != value.charAt(i)) {
          return ELSEWHERE;
        }
      }
      return (char) at;
    }

    private static long number(String text) {
      try {
        return text.isEmpty() ? 0 : Long.parseLong(text);
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    private static Map<String, String> strings(JsonParser parser) throws IOException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        return Map.of();
      }
      Map<String, String> map = new LinkedHashMap<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = STRINGS.like(parser.currentName());
        parser.nextToken();
        map.put(key, STRINGS.like(parser.getValueAsString("")));
        parser.skipChildren();
      }
      return Map.copyOf(map);
    }

    private static List<String> list(JsonParser parser) throws IOException {
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        parser.skipChildren();
        return List.of();
      }
      List<String> list = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        list.add(STRINGS.like(parser.getValueAsString("")));
        parser.skipChildren();
      }
      return List.copyOf(list);
    }

    private static List<OwnerReference> owners(JsonParser parser) throws IOException {
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        parser.skipChildren();
        return List.of();
      }
      List<OwnerReference> owners = new ArrayList<>();
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        String apiVersion = "";
        String kind = "";
        String name = "";
        String uid = "";
        boolean controller = false;
        boolean blocks = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          parser.nextToken();
          switch (field) {
            case "apiVersion" -> apiVersion = parser.getValueAsString("").intern();
            case "kind" -> kind = parser.getValueAsString("").intern();
            case "name" -> name = parser.getValueAsString("");
            case "uid" -> uid = parser.getValueAsString("");
            case "controller" -> controller = parser.getValueAsBoolean();
            case "blockOwnerDeletion" -> blocks = parser.getValueAsBoolean();
            default -> parser.skipChildren();
          }
        }
        owners.add(new OwnerReference(apiVersion, kind, name, uid, controller, blocks));
      }
      return List.copyOf(owners);
    }
  }
}
