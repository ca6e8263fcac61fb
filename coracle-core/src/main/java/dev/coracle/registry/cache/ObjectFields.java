package dev.coracle.registry.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that field selectors ask for, of one object: each is read from the JSON at most once,
 * without building a tree, however many watchers ask.
 */
public final class ObjectFields {

  private final KubeObject object;
  private @Nullable Map<String, String> known;

  public ObjectFields(KubeObject object) {
    this.object = object;
  }

  /** The value at a path such as {@code spec.nodeName} as text; empty when there is none. */
  public synchronized String get(String path) {
    switch (path) {
      case "metadata.name":
        return object.name();
      case "metadata.namespace":
        return object.namespace();
      default:
        Map<String, String> values = known;
        if (values == null) {
          values = new HashMap<>();
          known = values;
        }
        return values.computeIfAbsent(path, this::read);
    }
  }

  private String read(String path) {
    return switch (path) {
      case "spec.hostNetwork", "spec.unschedulable" -> orElse(text(path), "false");
      case "status.replicas" -> orElse(text(path), "0");
      case "status.successful" -> orElse(text("status.succeeded"), "0");
      case "source" -> orElse(text("source.component"), text("reportingComponent"));
      default -> text(path);
    };
  }

  private static String orElse(String value, String otherwise) {
    return value.isEmpty() ? otherwise : value;
  }

  private String text(String path) {
    String[] steps = path.split("\\.", -1);
    try (JsonParser parser = Json.mapper().getFactory().createParser(object.json())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return "";
      }
      int depth = 0;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean onPath = parser.currentName().equals(steps[depth]);
        JsonToken value = parser.nextToken();
        if (!onPath) {
          parser.skipChildren();
          continue;
        }
        if (depth == steps.length - 1) {
          return parser.getValueAsString("");
        }
        if (value != JsonToken.START_OBJECT) {
          return "";
        }
        depth++;
      }
      return "";
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
