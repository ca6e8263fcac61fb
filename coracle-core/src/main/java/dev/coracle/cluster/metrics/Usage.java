package dev.coracle.cluster.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Quantity;
import org.jspecify.annotations.Nullable;

/** Processor time used per second (in cores) and memory in use. */
record Usage(Quantity cpu, Quantity memory) {

  /** What a simulated container uses; of several containers {@code NAME=QUANTITY,...} tells. */
  static final String CPU = "metrics.coracle.dev/cpu";

  static final String MEMORY = "metrics.coracle.dev/memory";

  static final Usage NONE = new Usage(Quantity.ZERO, Quantity.bytes(0));

  Usage plus(Usage other) {
    return new Usage(cpu.plus(other.cpu), memory.plus(other.memory));
  }

  void write(ObjectNode into) {
    into.putObject("usage").put("cpu", cpu.toString()).put("memory", memory.toString());
  }

  /**
   * What annotations say; what they leave out, or what cannot be read, is as read.
   *
   * @param container empty for a node
   * @param read null when nothing is known
   * @return null when nothing is known at all
   */
  static @Nullable Usage said(JsonNode annotations, String container, @Nullable Usage read) {
    Quantity cpu = quantity(annotations.path(CPU).asText(""), container);
    Quantity memory = quantity(annotations.path(MEMORY).asText(""), container);
    if (cpu == null && memory == null) {
      return read;
    }
    Usage fallback = read == null ? NONE : read;
    return new Usage(cpu == null ? fallback.cpu : cpu, memory == null ? fallback.memory : memory);
  }

  private static @Nullable Quantity quantity(String said, String container) {
    for (String part : said.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0 || part.substring(0, equals).strip().equals(container)) {
        try {
          return Quantity.parse(part.substring(equals + 1).strip());
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }
}
