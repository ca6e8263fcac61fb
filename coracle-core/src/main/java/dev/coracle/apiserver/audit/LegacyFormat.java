package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;

/** Events as a line of text each: {@code --audit-log-format legacy}. */
final class LegacyFormat {

  private LegacyFormat() {}

  static String line(ObjectNode event) {
    JsonNode user = event.path("user");
    JsonNode as = event.path("impersonatedUser");
    String name = user.path("username").asText("");
    StringBuilder line = new StringBuilder(256);
    line.append(event.path("requestReceivedTimestamp").asText());
    line.append(" AUDIT: id=").append(quote(event.path("auditID").asText("")));
    field(line, "stage", event.path("stage").asText(""));
    field(line, "ip", event.path("sourceIPs").path(0).asText("<unknown>"));
    field(line, "method", event.path("verb").asText(""));
    field(line, "user", name.isEmpty() ? "<none>" : name);
    field(line, "groups", name.isEmpty() ? "<none>" : groups(user, "<none>"));
    field(line, "as", as.isMissingNode() ? "<self>" : as.path("username").asText(""));
    field(line, "asgroups", groups(as, "<lookup>"));
    field(line, "user-agent", event.path("userAgent").asText(""));
    field(line, "namespace", event.path("objectRef").path("namespace").asText("<none>"));
    field(line, "uri", event.path("requestURI").asText(""));
    JsonNode status = event.path("responseStatus");
    String code = status.isMissingNode() ? "<deferred>" : status.path("code").asText("0");
    return line.append(" response=\"").append(code).append('"').toString();
  }

  private static String groups(JsonNode user, String otherwise) {
    if (user.path("groups").isEmpty()) {
      return otherwise;
    }
    List<String> quoted = new ArrayList<>();
    user.path("groups").forEach(group -> quoted.add(quote(group.asText())));
    return String.join(",", quoted);
  }

  private static void field(StringBuilder line, String name, String value) {
    line.append(' ').append(name).append('=').append(quote(value));
  }

  private static String quote(String text) {
    return Json.object().textNode(text).toString();
  }
}
