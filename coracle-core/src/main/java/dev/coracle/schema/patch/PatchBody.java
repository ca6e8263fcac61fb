package dev.coracle.schema.patch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.schema.decoding.Decoded;
import dev.coracle.schema.decoding.Decoder;
import dev.coracle.schema.decoding.DecodingException;
import dev.coracle.schema.decoding.JsonSyntax;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A patch that is one object. */
record PatchBody(ObjectNode object, List<String> strictErrors) {

  static PatchBody of(byte[] body) {
    try {
      Decoded decoded = Decoder.decodeFree(body);
      return new PatchBody(decoded.object(), decoded.warnings());
    } catch (DecodingException e) {
      throw bad(String.valueOf(e.getMessage()));
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
