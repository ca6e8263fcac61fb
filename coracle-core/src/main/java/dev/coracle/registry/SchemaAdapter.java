package dev.coracle.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.schema.defaults.Defaults;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The schema package as the flows use it. */
public final class SchemaAdapter implements ObjectSchemas {

  @Override
  public void decode(
      ResourceType type, ObjectNode body, String fieldValidation, List<String> warnings) {}

  @Override
  public void applyDefaults(ResourceType type, ObjectNode object) {
    if (!type.custom()) {
      Defaults.apply(type.gvk(), object);
    }
  }

  @Override
  public List<StatusCause> validate(
      ResourceType type, String subresource, ObjectNode object, @Nullable KubeObject old) {
    return List.of();
  }

  @Override
  public ObjectNode patch(
      ResourceType type, PatchType patchType, byte[] patch, ObjectNode current) {
    if (patchType != PatchType.MERGE) {
      throw StatusException.unsupportedMediaType(
          "patches of type " + patchType.mediaType() + " are not served yet");
    }
    try {
      merge(current, Json.readObject(patch));
    } catch (IllegalArgumentException e) {
      throw StatusException.badRequest(String.valueOf(e.getMessage()));
    }
    return current;
  }

  private static void merge(ObjectNode target, ObjectNode patch) {
    patch
        .properties()
        .forEach(
            entry -> {
              String field = entry.getKey();
              JsonNode value = entry.getValue();
              if (value.isNull()) {
                target.remove(field);
              } else if (value instanceof ObjectNode changes) {
                merge(
                    target.get(field) instanceof ObjectNode there ? there : target.putObject(field),
                    changes);
              } else {
                target.set(field, value);
              }
            });
  }

  @Override
  public void recordFields(
      ResourceType type,
      String subresource,
      ObjectNode object,
      @Nullable KubeObject old,
      String manager,
      Instant now) {}

  @Override
  public ObjectNode apply(
      ResourceType type,
      String subresource,
      byte[] applied,
      @Nullable KubeObject current,
      String manager,
      boolean force,
      Instant now) {
    throw StatusException.unsupportedMediaType("server-side apply is not served yet");
  }
}
