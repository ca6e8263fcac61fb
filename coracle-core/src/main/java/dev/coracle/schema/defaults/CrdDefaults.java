package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** CustomResourceDefinitions. */
final class CrdDefaults {

  private CrdDefaults() {}

  static void apply(String kind, ObjectNode object) {
    if (!kind.equals("CustomResourceDefinition")) {
      return;
    }
    ObjectNode spec = Fill.child(object, "spec");
    ObjectNode names = Fill.child(spec, "names");
    String ofKind = Fill.string(names, "kind");
    if (!ofKind.isEmpty()) {
      Fill.text(names, "singular", ofKind.toLowerCase(Locale.ROOT));
      Fill.text(names, "listKind", ofKind + "List");
    }
    ObjectNode conversion = Fill.child(spec, "conversion");
    Fill.text(conversion, "strategy", "None");
    if (Fill.existing(conversion, "webhook") instanceof ObjectNode webhook
        && Fill.existing(webhook, "clientConfig") instanceof ObjectNode client) {
      WebhookDefaults.servicePort(client);
    }
    ObjectNode status = Fill.child(object, "status");
    Fill.nothing(status, "conditions");
    Fill.nothing(status, "storedVersions");
    ObjectNode accepted = Fill.child(status, "acceptedNames");
    Fill.empty(accepted, "plural");
    Fill.empty(accepted, "kind");
  }
}
