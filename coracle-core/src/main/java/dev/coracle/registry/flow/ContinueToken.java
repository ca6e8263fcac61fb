package dev.coracle.registry.flow;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.schema.decoding.Refusals;
import java.util.Base64;

/**
 * Where the next page of a list starts, in Kubernetes' encoding.
 *
 * @param revision of the whole list; -1 for "as it is now"
 * @param start the first key of the page, below the prefix of the list
 */
record ContinueToken(long revision, String start) {

  String encode() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            Json.write(
                Json.object().put("v", "meta.k8s.io/v1").put("rv", revision).put("start", start)));
  }

  static ContinueToken decode(String token) {
    byte[] json;
    try {
      json = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      throw invalid("illegal base64 data at input byte " + firstIllegal(token));
    }
    JsonNode node;
    try {
      node = Json.read(json);
    } catch (IllegalArgumentException e) {
      throw invalid(Refusals.jsonProblem(json));
    }
    if (!node.path("v").asText("").equals("meta.k8s.io/v1")) {
      throw StatusException.badRequest(
          "invalid continue token: continue key is not valid: server does not recognize this"
              + " encoded version \""
              + node.path("v").asText("")
              + "\"");
    }
    long revision = node.path("rv").asLong(0);
    String start = node.path("start").asText("");
    if (revision == 0) {
      throw invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
    }
    if (start.isEmpty()) {
      throw invalid("encoded start key empty (version meta.k8s.io/v1)");
    }
    if (start.contains("..")) {
      throw invalid("incorrect encoded start key " + start);
    }
    return new ContinueToken(revision, start);
  }

  private static StatusException invalid(String why) {
    return StatusException.badRequest("invalid continue token: continue key is not valid: " + why);
  }

  private static int firstIllegal(String token) {
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      boolean legal =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '-'
              || c == '_';
      if (!legal) {
        return i;
      }
    }
    return token.length() - token.length() % 4;
  }
}
