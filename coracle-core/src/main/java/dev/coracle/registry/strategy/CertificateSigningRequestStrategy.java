package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.Timestamps;
import dev.coracle.api.UserInfo;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * CertificateSigningRequests: who asks is written by the server; approval changes conditions only,
 * status the rest of the status only.
 */
final class CertificateSigningRequestStrategy implements Strategy {

  private static final String CONDITIONS = "status.conditions";
  private static final String CERTIFICATE = "status.certificate";
  private static final List<String> DECIDED = List.of("Approved", "Denied", "Failed");
  private static final Set<String> STATUSES = Set.of("True", "False", "Unknown");
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \\1-----", Pattern.DOTALL);

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    UserInfo user = write.context().user();
    ObjectNode spec = Meta.child(object, "spec");
    spec.put("username", user.name());
    if (user.uid().isEmpty()) {
      spec.remove("uid");
    } else {
      spec.put("uid", user.uid());
    }
    Meta.setStrings(spec, "groups", user.groups());
    spec.remove("extra");
    if (!user.extra().isEmpty()) {
      ObjectNode extra = spec.putObject("extra");
      user.extra().forEach((key, values) -> Meta.setStrings(extra, key, values));
    }
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    JsonNode was = old.tree();
    switch (write.subresource()) {
      case "" -> Meta.restore(object, was, "spec");
      case "approval" -> {
        JsonNode conditions = object.path("status").path("conditions");
        Meta.restore(object, was, "spec");
        Meta.restore(object, was, "status");
        if (conditions.isArray()) {
          Meta.child(object, "status").set("conditions", conditions);
        } else {
          Meta.child(object, "status").remove("conditions");
        }
        times(write, object, was);
      }
      case "status" -> times(write, object, was);
      default -> {}
    }
  }

  /** When a condition was last written and when it changed, where the client leaves that open. */
  private static void times(Write write, ObjectNode object, JsonNode was) {
    if (!(object.path("status").get("conditions") instanceof ArrayNode conditions)) {
      return;
    }
    String now = Timestamps.seconds(write.now());
    for (JsonNode node : conditions) {
      if (!(node instanceof ObjectNode condition)) {
        continue;
      }
      if (Meta.text(condition, "lastUpdateTime").isEmpty()) {
        condition.put("lastUpdateTime", now);
      }
      if (Meta.text(condition, "lastTransitionTime").isEmpty()) {
        condition.put("lastTransitionTime", now);
        for (JsonNode before : was.path("status").path("conditions")) {
          if (Meta.text(before, "type").equals(Meta.text(condition, "type"))
              && Meta.text(before, "status").equals(Meta.text(condition, "status"))) {
            Meta.restore(condition, before, "lastTransitionTime");
          }
        }
      }
    }
  }

  /** What approvals and signers may not do; the spec has been validated. */
  @Override
  public List<StatusCause> validate(Write write, ObjectNode object, @Nullable KubeObject old) {
    List<StatusCause> causes = new ArrayList<>();
    JsonNode was = old == null ? MissingNode.getInstance() : old.at("status");
    JsonNode now = object.path("status");
    conditions(now.path("conditions"), was.path("conditions"), causes);
    if (old == null) {
      return causes;
    }
    for (String type : DECIDED) {
      List<JsonNode> before = ofType(was, type);
      List<JsonNode> after = ofType(now, type);
      if (after.size() < before.size()) {
        causes.add(
            forbidden(CONDITIONS, "updates may not remove a condition of type \"" + type + '"'));
      }
      if (write.subresource().equals("approval") || type.equals("Failed")) {
        continue;
      }
      if (after.size() > before.size()) {
        causes.add(
            forbidden(CONDITIONS, "updates may not add a condition of type \"" + type + '"'));
      } else if (after.size() == before.size() && !after.equals(before)) {
        causes.add(
            forbidden(CONDITIONS, "updates may not modify a condition of type \"" + type + '"'));
      }
    }
    certificate(
        write, now.path("certificate").asText(""), was.path("certificate").asText(""), causes);
    return causes;
  }

  private static void conditions(JsonNode now, JsonNode was, List<StatusCause> causes) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < now.size(); i++) {
      JsonNode condition = now.path(i);
      String type = Meta.text(condition, "type");
      String status = Meta.text(condition, "status");
      String at = CONDITIONS + "[" + i + "]";
      if (type.isEmpty()) {
        causes.add(new StatusCause("FieldValueRequired", "Required value", at + ".type"));
      }
      if (status.isEmpty()) {
        causes.add(new StatusCause("FieldValueRequired", "Required value", at + ".status"));
      } else if (!DECIDED.contains(type) && !STATUSES.contains(status)) {
        causes.add(unsupported(at, status, "\"False\", \"True\", \"Unknown\""));
      } else if (DECIDED.contains(type) && !status.equals("True")) {
        causes.add(unsupported(at, status, "\"True\""));
      }
      if (!seen.add(type)) {
        causes.add(
            new StatusCause(
                "FieldValueDuplicate", "Duplicate value: \"" + type + '"', at + ".type"));
      }
    }
    boolean both = seen.contains("Approved") && seen.contains("Denied");
    if (both && !(has(was, "Approved") && has(was, "Denied"))) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: " + now + ": Approved and Denied conditions are mutually exclusive",
              CONDITIONS));
    }
  }

  private static StatusCause unsupported(String at, String status, String supported) {
    return new StatusCause(
        "FieldValueNotSupported",
        "Unsupported value: \"" + status + "\": supported values: " + supported,
        at + ".status");
  }

  private static boolean has(JsonNode conditions, String type) {
    for (JsonNode condition : conditions) {
      if (Meta.text(condition, "type").equals(type)) {
        return true;
      }
    }
    return false;
  }

  private static List<JsonNode> ofType(JsonNode status, String type) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode condition : status.path("conditions")) {
      if (Meta.text(condition, "type").equals(type)) {
        found.add(condition);
      }
    }
    return found;
  }

  private static StatusCause forbidden(String field, String why) {
    return new StatusCause("FieldValueForbidden", "Forbidden: " + why, field);
  }

  private static void certificate(Write write, String now, String was, List<StatusCause> causes) {
    if (now.equals(was)) {
      return;
    }
    if (!write.subresource().equals("status")) {
      causes.add(forbidden(CERTIFICATE, "updates may not set certificate content"));
      return;
    }
    if (!was.isEmpty()) {
      causes.add(forbidden(CERTIFICATE, "updates may not modify existing certificate content"));
    }
    String why = wrong(now);
    if (!why.isEmpty()) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid", "Invalid value: \"<certificate data>\": " + why, CERTIFICATE));
    }
  }

  /** Only certificates may stand there, at least one of them; empty when it is so. */
  private static String wrong(String base64) {
    if (base64.isEmpty()) {
      return "";
    }
    String pem;
    try {
      pem = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "must contain one or more PEM blocks";
    }
    Matcher block = BLOCK.matcher(pem);
    boolean any = false;
    while (block.find()) {
      any = true;
      if (!block.group(1).equals("CERTIFICATE")) {
        return "only CERTIFICATE PEM blocks are allowed, found \"" + block.group(1) + '"';
      }
      try {
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(block.group().getBytes(StandardCharsets.US_ASCII)));
      } catch (CertificateException e) {
        return "x509: malformed certificate";
      }
    }
    return any ? "" : "must contain one or more PEM blocks";
  }
}
