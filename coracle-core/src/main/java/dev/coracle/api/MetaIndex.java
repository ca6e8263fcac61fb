package dev.coracle.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an object that the server itself needs, read in one pass without building a tree.
 */
record MetaIndex(
    String apiVersion,
    String kind,
    String namespace,
    String name,
    String uid,
    long resourceVersion,
    long generation,
    String creationTimestamp,
    @Nullable String deletionTimestamp,
    Map<String, String> labels,
    List<String> finalizers,
    List<OwnerReference> ownerReferences) {

  static MetaIndex read(byte[] json) {
    Reader reader = new Reader();
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
              reader.metadata(parser);
            }
            if (!reader.kind.isEmpty() && !reader.apiVersion.isEmpty()) {
              return reader.index();
            }
          }
          default -> parser.skipChildren();
        }
      }
      return reader.index();
    } catch (IOException e) {
      throw new IllegalArgumentException("not a JSON object: " + e.getMessage(), e);
    }
  }

  private static final class Reader {
    String apiVersion = "";
    String kind = "";
    String namespace = "";
    String name = "";
    String uid = "";
    long resourceVersion;
    long generation;
    String creationTimestamp = "";
    @Nullable String deletionTimestamp;
    Map<String, String> labels = Map.of();
    List<String> finalizers = List.of();
    List<OwnerReference> ownerReferences = List.of();

    MetaIndex index() {
      return new MetaIndex(
          apiVersion,
          kind,
          namespace,
          name,
          uid,
          resourceVersion,
          generation,
          creationTimestamp,
          deletionTimestamp,
          labels,
          finalizers,
          ownerReferences);
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
          case "uid" -> uid = parser.getValueAsString("");
          case "resourceVersion" -> resourceVersion = number(parser.getValueAsString(""));
          case "generation" -> generation = parser.getValueAsLong();
          case "creationTimestamp" -> creationTimestamp = parser.getValueAsString("");
          case "deletionTimestamp" -> deletionTimestamp = parser.getValueAsString("");
          case "labels" -> labels = strings(parser);
          case "finalizers" -> finalizers = list(parser);
          case "ownerReferences" -> ownerReferences = owners(parser);
          default -> parser.skipChildren();
        }
      }
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
        String key = parser.currentName();
        parser.nextToken();
        map.put(key, parser.getValueAsString(""));
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
        list.add(parser.getValueAsString(""));
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
