package dev.coracle.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** JSON merge patch (RFC 7386): objects are merged, null deletes, everything else replaces. */
public final class MergePatch implements Patch {

  private final ObjectNode patch;
  private final List<String> strictErrors;

  private MergePatch(Parsed parsed) {
    this.patch = parsed.object();
    this.strictErrors = parsed.strictErrors();
  }

  public static MergePatch parse(byte[] body) {
    return new MergePatch(Parsed.of(body));
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

  /** A patch that is one object. */
  record Parsed(ObjectNode object, List<String> strictErrors) {

    static Parsed of(byte[] body) {
      try (JsonParser parser = Json.mapper().getFactory().createParser(body)) {
        TreeReader reader = new TreeReader(parser);
        ObjectNode object = reader.read(TreeReader.Free.SCHEMA);
        if (parser.nextToken() != null) {
          throw notJson(body);
        }
        return new Parsed(object, List.copyOf(reader.strictErrors()));
      } catch (JsonProcessingException e) {
        throw notJson(body);
      } catch (DecodingException e) {
        String problem = JsonSyntax.problem(new String(body, StandardCharsets.UTF_8));
        throw bad(problem == null ? String.valueOf(e.getMessage()) : problem);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    static StatusException notJson(byte[] body) {
      String problem = JsonSyntax.problem(new String(body, StandardCharsets.UTF_8));
      return bad(problem == null ? "invalid JSON" : problem);
    }

    static StatusException bad(String problem) {
      return StatusException.badRequest("error decoding patch: " + problem);
    }
  }
}
