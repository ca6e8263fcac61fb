package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.schema.defaults.Defaults;
import dev.coracle.schema.validation.Validation;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What validation says of objects that went through defaulting, as {@code field: message}. */
public final class Causes {

  private Causes() {}

  public static ObjectNode object(String apiVersion, String kind, String json) {
    ObjectNode object = Json.readObject(json.getBytes(StandardCharsets.UTF_8));
    ((ObjectNode) object.withObjectProperty("metadata")).put("namespace", "here");
    if (!object.path("metadata").has("name")) {
      object.withObjectProperty("metadata").put("name", "x");
    }
    Defaults.apply(GroupVersionKind.of(apiVersion, kind), object);
    return object;
  }

  public static List<String> create(String apiVersion, String kind, String json) {
    return strings(
        Validation.create(GroupVersionKind.of(apiVersion, kind), object(apiVersion, kind, json)));
  }

  public static List<String> update(String apiVersion, String kind, String before, String after) {
    return strings(
        Validation.update(
            GroupVersionKind.of(apiVersion, kind),
            object(apiVersion, kind, after),
            object(apiVersion, kind, before)));
  }

  /** A Pod whose only container has these fields besides name and image. */
  public static List<String> container(String fields) {
    return pod("\"containers\":[{\"name\":\"c\",\"image\":\"i\"," + fields + "}]");
  }

  public static List<String> pod(String spec) {
    return create("v1", "Pod", "{\"spec\":{" + spec + "}}");
  }

  /** A Pod with one plain container and these fields. */
  public static List<String> podWith(String spec) {
    return pod("\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]," + spec);
  }

  public static List<String> strings(List<dev.coracle.api.StatusCause> causes) {
    return causes.stream()
        .map(cause -> cause.field() + ": " + cause.message().lines().findFirst().orElse(""))
        .toList();
  }
}
