package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The groups with few kinds. */
final class OtherCells {

  private OtherCells() {}

  static void add(String group, String kind, Row row) {
    row.name();
    switch (group) {
      case "admissionregistration.k8s.io" -> admission(kind, row);
      case "certificates.k8s.io" -> certificate(kind, row);
      case "flowcontrol.apiserver.k8s.io" -> flow(kind, row);
      case "resource.k8s.io" -> device(kind, row);
      case "apiregistration.k8s.io" -> service(row);
      case "coordination.k8s.io" -> {
        if (kind.equals("Lease")) {
          row.add(row.text("spec", "holderIdentity")).age();
        } else {
          row.created();
        }
      }
      case "scheduling.k8s.io" -> {
        if (kind.equals("PriorityClass")) {
          row.add(row.number("value"))
              .add(row.at("globalDefault").asBoolean(false))
              .age()
              .add(Row.or(row.text("preemptionPolicy"), "PreemptLowerPriority"));
        } else {
          row.created();
        }
      }
      case "node.k8s.io" -> row.add(row.text("handler")).age();
      case "metrics.k8s.io" -> {
        usage(row, "cpu");
        usage(row, "memory");
        row.add(row.text("window"));
      }
      default -> row.created();
    }
  }

  /** What a node uses, or a Pod's containers together. */
  private static void usage(Row row, String resource) {
    JsonNode own = row.at("usage").path(resource);
    Quantity sum = own.isTextual() ? Quantity.parse(own.asText()) : null;
    for (JsonNode container : row.at("containers")) {
      Quantity used = Quantity.parse(container.path("usage").path(resource).asText("0"));
      sum = sum == null ? used : sum.plus(used);
    }
    row.add(sum == null ? "0" : sum.toString());
  }

  private static void admission(String kind, Row row) {
    switch (kind) {
      case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" ->
          row.add(row.at("webhooks").size()).age();
      case "ValidatingAdmissionPolicy" -> policy(row, "validations");
      case "MutatingAdmissionPolicy" -> policy(row, "mutations");
      case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding" -> {
        JsonNode reference = row.at("spec", "paramRef");
        String namespace = reference.path("namespace").asText("");
        String name = Row.or(reference.path("name").asText(""), "*");
        row.add(row.text("spec", "policyName"))
            .add(
                reference.isObject()
                    ? (namespace.isEmpty() ? name : namespace + "/" + name)
                    : Row.UNSET)
            .age();
      }
      default -> row.created();
    }
  }

  private static void policy(Row row, String rules) {
    JsonNode kind = row.at("spec", "paramKind");
    row.add(row.at("spec", rules).size())
        .add(
            kind.isObject()
                ? kind.path("apiVersion").asText("") + "/" + kind.path("kind").asText("")
                : Row.UNSET)
        .age();
  }

  private static void certificate(String kind, Row row) {
    if (!kind.equals("CertificateSigningRequest")) {
      row.created();
      return;
    }
    JsonNode seconds = row.at("spec", "expirationSeconds");
    row.age()
        .add(Row.or(row.text("spec", "signerName"), Row.NONE))
        .add(row.text("spec", "username"))
        .add(seconds.isNumber() ? Ages.human(Duration.ofSeconds(seconds.asLong())) : Row.NONE)
        .add(requestStatus(row));
  }

  private static String requestStatus(Row row) {
    boolean approved = false;
    boolean denied = false;
    boolean failed = false;
    for (JsonNode condition : row.at("status", "conditions")) {
      switch (condition.path("type").asText("")) {
        case "Approved" -> approved = true;
        case "Denied" -> denied = true;
        case "Failed" -> failed = true;
        default -> {}
      }
    }
    StringBuilder text = new StringBuilder(denied ? "Denied" : approved ? "Approved" : "Pending");
    if (failed) {
      text.append(",Failed");
    }
    if (!row.text("status", "certificate").isEmpty()) {
      text.append(",Issued");
    }
    return text.toString();
  }

  private static void flow(String kind, Row row) {
    if (kind.equals("FlowSchema")) {
      String dangling = "?";
      for (JsonNode condition : row.at("status", "conditions")) {
        if (condition.path("type").asText("").equals("Dangling")) {
          dangling = condition.path("status").asText("");
        }
      }
      row.add(row.text("spec", "priorityLevelConfiguration", "name"))
          .add(row.number("spec", "matchingPrecedence"))
          .add(Row.or(row.text("spec", "distinguisherMethod", "type"), Row.NONE))
          .age()
          .add(dangling);
      return;
    }
    JsonNode limited = row.at("spec", "limited");
    JsonNode exempt = row.at("spec", "exempt");
    JsonNode queuing = limited.path("limitResponse").path("queuing");
    JsonNode shares = (limited.isObject() ? limited : exempt).path("nominalConcurrencyShares");
    row.add(row.text("spec", "type")).add(numberOrNone(shares));
    for (String field : new String[] {"queues", "handSize", "queueLengthLimit"}) {
      row.add(numberOrNone(queuing.path(field)));
    }
    row.age();
  }

  private static String numberOrNone(JsonNode number) {
    return number.isNumber() ? number.asText() : Row.NONE;
  }

  private static void device(String kind, Row row) {
    switch (kind) {
      case "DeviceClass", "ResourceClaimTemplate" -> row.age();
      case "ResourceClaim" -> {
        List<String> states = new ArrayList<>();
        if (row.object().isDeleting()) {
          states.add("deleted");
        }
        if (row.at("status", "allocation").isObject()) {
          states.add("allocated");
          if (!row.at("status", "reservedFor").isEmpty()) {
            states.add("reserved");
          }
        } else {
          states.add("pending");
        }
        row.add(String.join(",", states)).age();
      }
      case "ResourceSlice" ->
          row.add(row.text("spec", "nodeName"))
              .add(row.text("spec", "driver"))
              .add(row.text("spec", "pool", "name"))
              .age();
      default -> row.created();
    }
  }

  private static void service(Row row) {
    JsonNode service = row.at("spec", "service");
    String available = "Unknown";
    for (JsonNode condition : row.at("status", "conditions")) {
      if (condition.path("type").asText("").equals("Available")) {
        String status = condition.path("status").asText("");
        available =
            status.equals("True")
                ? "True"
                : status + " (" + condition.path("reason").asText("") + ")";
      }
    }
    row.add(
            service.isObject()
                ? service.path("namespace").asText("") + "/" + service.path("name").asText("")
                : "Local")
        .add(available)
        .age();
  }
}
