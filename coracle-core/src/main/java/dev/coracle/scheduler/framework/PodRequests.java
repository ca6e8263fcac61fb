package dev.coracle.scheduler.framework;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.Map;

/**
 * What a Pod asks of a node. Containers run together; init containers one after the other, beside
 * the sidecars before them; what the Pod says as a whole goes before what its containers say; the
 * overhead comes on top. A container on a node counts with the most of what it asks for and what it
 * has, while a resize is under way (KEP-1287).
 */
final class PodRequests {

  private static final long DEFAULT_CPU = 100;
  private static final long DEFAULT_MEMORY = 200L << 20;

  private final JsonNode spec;
  private final JsonNode status;
  private final boolean infeasible;
  private final long cpuGuess;
  private final long memoryGuess;

  private PodRequests(JsonNode spec, JsonNode status, long cpuGuess, long memoryGuess) {
    this.spec = spec;
    this.status = status;
    this.infeasible = isInfeasible(status);
    this.cpuGuess = cpuGuess;
    this.memoryGuess = memoryGuess;
  }

  /**
   * @param status of a Pod that has a node; missing for one that looks for it
   */
  static Resources of(JsonNode spec, JsonNode status) {
    return new PodRequests(spec, status, 0, 0).sum();
  }

  /** With a guess (100m, 200Mi) for containers that do not say. */
  static Resources guessed(JsonNode spec, JsonNode status, Resources exact) {
    boolean podLevel = hasPodLevel(spec);
    long cpu = podLevel && exact.cpu() > 0 ? 0 : DEFAULT_CPU;
    long memory = podLevel && exact.memory() > 0 ? 0 : DEFAULT_MEMORY;
    return new PodRequests(spec, status, cpu, memory).sum();
  }

  private static boolean hasPodLevel(JsonNode spec) {
    for (Map.Entry<String, JsonNode> entry : spec.path("resources").path("requests").properties()) {
      if (isPodLevel(entry.getKey())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPodLevel(String resource) {
    return resource.equals("cpu") || resource.equals("memory") || resource.startsWith("hugepages-");
  }

  private static boolean isInfeasible(JsonNode status) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals("PodResizePending")
          && condition.path("reason").asText().equals("Infeasible")) {
        return true;
      }
    }
    return false;
  }

  private Resources sum() {
    Resources together = Resources.NONE;
    for (JsonNode container : spec.path("containers")) {
      together = together.plus(container(container, "containerStatuses"));
    }
    Resources sidecars = Resources.NONE;
    Resources most = Resources.NONE;
    for (JsonNode container : spec.path("initContainers")) {
      Resources one = container(container, "initContainerStatuses");
      if (container.path("restartPolicy").asText().equals("Always")) {
        sidecars = sidecars.plus(one);
        most = most.max(sidecars);
      } else {
        most = most.max(sidecars.plus(one));
      }
    }
    Resources total = podLevel(together.plus(sidecars).max(most));
    JsonNode overhead = spec.path("overhead");
    return overhead.isObject() ? total.plus(Resources.of(overhead)) : total;
  }

  private Resources podLevel(Resources total) {
    JsonNode list = spec.path("resources").path("requests");
    if (!list.isObject()) {
      return total;
    }
    Resources said = Resources.of(list);
    Map<String, Long> other = total.other();
    for (Map.Entry<String, Long> entry : said.other().entrySet()) {
      if (isPodLevel(entry.getKey())) {
        other = new HashMap<>(other);
        other.put(entry.getKey(), entry.getValue());
      }
    }
    return new Resources(
        list.has("cpu") ? said.cpu() : total.cpu(),
        list.has("memory") ? said.memory() : total.memory(),
        total.storage(),
        other);
  }

  private Resources container(JsonNode container, String statuses) {
    JsonNode list = container.path("resources").path("requests");
    JsonNode known = statusOf(container.path("name").asText(), statuses);
    // what an infeasible resize asks for does not count
    boolean given =
        known.path("allocatedResources").isObject()
            || known.path("resources").path("requests").isObject();
    boolean asks = list.isObject() && !(infeasible && given);
    Resources said = asks ? Resources.of(list) : Resources.NONE;
    boolean cpu = list.has("cpu");
    boolean memory = list.has("memory");
    for (JsonNode has :
        new JsonNode[] {
          known.path("allocatedResources"), known.path("resources").path("requests")
        }) {
      if (has.isObject()) {
        said = said.max(Resources.of(has));
        cpu |= has.has("cpu");
        memory |= has.has("memory");
      }
    }
    return new Resources(
        cpu ? said.cpu() : cpuGuess,
        memory ? said.memory() : memoryGuess,
        said.storage(),
        said.other());
  }

  private JsonNode statusOf(String container, String statuses) {
    for (JsonNode each : status.path(statuses)) {
      if (each.path("name").asText().equals(container)) {
        return each;
      }
    }
    return MissingNode.getInstance();
  }
}
