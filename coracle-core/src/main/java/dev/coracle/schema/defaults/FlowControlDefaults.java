package dev.coracle.schema.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** FlowSchemas and PriorityLevelConfigurations. */
final class FlowControlDefaults {

  private FlowControlDefaults() {}

  static void apply(String kind, ObjectNode object) {
    ObjectNode spec = Fill.child(object, "spec");
    Fill.child(object, "status");
    if (kind.equals("FlowSchema")) {
      Fill.nonZero(spec, "matchingPrecedence", 1000);
      return;
    }
    if (Fill.existing(spec, "exempt") instanceof ObjectNode exempt) {
      Fill.number(exempt, "nominalConcurrencyShares", 0);
      Fill.number(exempt, "lendablePercent", 0);
    }
    if (Fill.existing(spec, "limited") instanceof ObjectNode limited) {
      Fill.number(limited, "nominalConcurrencyShares", 30);
      Fill.number(limited, "lendablePercent", 0);
      if (Fill.existing(Fill.child(limited, "limitResponse"), "queuing")
          instanceof ObjectNode queuing) {
        Fill.nonZero(queuing, "queues", 64);
        Fill.nonZero(queuing, "handSize", 8);
        Fill.nonZero(queuing, "queueLengthLimit", 50);
      }
    }
  }
}
