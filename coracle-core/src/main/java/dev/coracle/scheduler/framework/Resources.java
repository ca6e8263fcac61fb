package dev.coracle.scheduler.framework;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.HashMap;
import java.util.Map;

/**
 * Amounts of resources: cpu in thousandths, everything else in whole units.
 *
 * @param other extended resources and huge pages, by name
 */
public record Resources(long cpu, long memory, long storage, Map<String, Long> other) {

  public static final Resources NONE = new Resources(0, 0, 0, Map.of());

  /** Reads a resource list such as {@code requests} or {@code allocatable}. */
  public static Resources of(JsonNode list) {
    long cpu = 0;
    long memory = 0;
    long storage = 0;
    Map<String, Long> other = Map.of();
    for (Map.Entry<String, JsonNode> entry : list.properties()) {
      Quantity amount = Quantity.of(entry.getValue());
      switch (entry.getKey()) {
        case "cpu" -> cpu = amount.milliValue();
        case "memory" -> memory = amount.longValue();
        case "ephemeral-storage" -> storage = amount.longValue();
        case "pods" -> {}
        default -> {
          other = other.isEmpty() ? new HashMap<>() : other;
          other.put(entry.getKey(), amount.longValue());
        }
      }
    }
    return new Resources(cpu, memory, storage, other);
  }

  /** The amount of a resource by its name; 0 when there is none. */
  public long amount(String name) {
    return switch (name) {
      case "cpu" -> cpu;
      case "memory" -> memory;
      case "ephemeral-storage" -> storage;
      default -> other.isEmpty() ? 0 : other.getOrDefault(name, 0L);
    };
  }

  /** Whether there is not more of anything than there. */
  public boolean isWithin(Resources that) {
    for (Map.Entry<String, Long> entry : other.entrySet()) {
      if (entry.getValue() > that.amount(entry.getKey())) {
        return false;
      }
    }
    return cpu <= that.cpu && memory <= that.memory && storage <= that.storage;
  }

  public Resources plus(Resources more) {
    return new Resources(
        cpu + more.cpu, memory + more.memory, storage + more.storage, merge(more, 1));
  }

  public Resources minus(Resources less) {
    return new Resources(
        cpu - less.cpu, memory - less.memory, storage - less.storage, merge(less, -1));
  }

  private Map<String, Long> merge(Resources more, long sign) {
    if (more.other.isEmpty()) {
      return other;
    }
    Map<String, Long> sum = new HashMap<>(other);
    more.other.forEach((name, amount) -> sum.merge(name, sign * amount, Long::sum));
    return sum;
  }

  public Resources max(Resources that) {
    if (that.other.isEmpty()) {
      return new Resources(
          Math.max(cpu, that.cpu),
          Math.max(memory, that.memory),
          Math.max(storage, that.storage),
          other);
    }
    Map<String, Long> most = new HashMap<>(other);
    that.other.forEach((name, amount) -> most.merge(name, amount, Math::max));
    return new Resources(
        Math.max(cpu, that.cpu),
        Math.max(memory, that.memory),
        Math.max(storage, that.storage),
        most);
  }
}
