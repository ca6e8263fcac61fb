package dev.coracle.schema.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.schema.Schema;
import java.util.List;
import java.util.Map;

/** JSON merge patch (RFC 7386): objects are merged, null deletes, everything else replaces. */
public final class MergePatch implements Patch {

  private final ObjectNode patch;
  private final List<String> strictErrors;

  private MergePatch(PatchBody parsed) {
    this.patch = parsed.object();
    this.strictErrors = parsed.strictErrors();
  }

  public static MergePatch parse(byte[] body) {
    return new MergePatch(PatchBody.of(body));
  }

  @Override
  public List<String> strictErrors() {
    return strictErrors;
  }

  @Override
  public ObjectNode apply(ObjectNode original, Schema schema) {
    return merged(original, patch);
  }

  private static ObjectNode merged(ObjectNode original, ObjectNode patch) {
    ObjectNode target = Json.object();
    target.setAll(original);
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (value.isNull()) {
        target.remove(name);
      } else if (value instanceof ObjectNode changes) {
        ObjectNode existing = target.get(name) instanceof ObjectNode there ? there : Json.object();
        target.set(name, merged(existing, changes));
      } else {
        target.set(name, value);
      }
    }
    return target;
  }
}
