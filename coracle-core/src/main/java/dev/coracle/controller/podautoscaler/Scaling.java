package dev.coracle.controller.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * From the replica count that the metrics ask for to the one that is set: stabilized over a window,
 * no faster than the policies allow, between the least and the most. Remembers what one autoscaler
 * recommended and did; for one thread at a time.
 */
final class Scaling {

  private static final Duration USUAL_WINDOW = Duration.ofMinutes(5);
  private static final int LIMIT_FACTOR = 2;
  private static final int LIMIT_LEAST = 4;

  private record Recommendation(int replicas, Instant at) {}

  private record Change(int replicas, Instant at) {}

  /**
   * What to do, and the conditions that tell of it.
   *
   * @param reason of the condition AbleToScale
   * @param limited the status of ScalingLimited
   */
  record Outcome(
      int replicas,
      String reason,
      String message,
      boolean limited,
      String limitReason,
      String limitMessage) {}

  private record Limited(int replicas, String reason, String message) {}

  private final List<Recommendation> recommendations = new ArrayList<>();
  private final List<Change> added = new ArrayList<>();
  private final List<Change> removed = new ArrayList<>();

  /**
   * The first count counts as recommended, so that a new autoscaler does not scale down at once.
   */
  void begin(int current, Instant now) {
    if (recommendations.isEmpty()) {
      recommendations.add(new Recommendation(current, now));
    }
  }

  /** Remembers what was done, for the policies' periods. */
  void scaled(int before, int after, Instant now) {
    Instant longAgo = now.minus(Duration.ofMinutes(30));
    added.removeIf(change -> change.at.isBefore(longAgo));
    removed.removeIf(change -> change.at.isBefore(longAgo));
    (after > before ? added : removed).add(new Change(Math.abs(after - before), now));
  }

  /**
   * @param behavior {@code spec.behavior}, with its defaults; missing for the usual pace
   * @param desired what the metrics ask for
   */
  Outcome decide(JsonNode behavior, int current, int desired, int least, int most, Instant now) {
    boolean usual = !behavior.isObject();
    int stabilized = usual ? stabilize(desired, now) : stabilize(behavior, current, desired, now);
    Limited limited =
        usual
            ? limit(current, stabilized, least, most)
            : limit(behavior, current, stabilized, least, most, now);
    boolean up = !usual && desired >= current;
    String reason =
        stabilized == desired
            ? "ReadyForNewScale"
            : up ? "ScaleUpStabilized" : "ScaleDownStabilized";
    String message =
        stabilized == desired
            ? "recommended size matches current size"
            : up
                ? "recent recommendations were lower than current one, applying the lowest recent"
                    + " recommendation"
                : "recent recommendations were higher than current one, applying the highest recent"
                    + " recommendation";
    return new Outcome(
        limited.replicas,
        reason,
        message,
        limited.replicas != stabilized,
        limited.reason,
        limited.message);
  }

  private int stabilize(int desired, Instant now) {
    int highest = desired;
    Instant cutoff = now.minus(USUAL_WINDOW);
    recommendations.removeIf(known -> known.at.isBefore(cutoff));
    for (Recommendation known : recommendations) {
      highest = Math.max(highest, known.replicas);
    }
    recommendations.add(new Recommendation(desired, now));
    return highest;
  }

  private int stabilize(JsonNode behavior, int current, int desired, Instant now) {
    Instant upCutoff = now.minusSeconds(window(behavior.path("scaleUp"), 0));
    Instant downCutoff =
        now.minusSeconds(window(behavior.path("scaleDown"), USUAL_WINDOW.toSeconds()));
    int up = desired;
    int down = desired;
    for (Recommendation known : recommendations) {
      if (known.at.isAfter(upCutoff)) {
        up = Math.min(up, known.replicas);
      }
      if (known.at.isAfter(downCutoff)) {
        down = Math.max(down, known.replicas);
      }
    }
    recommendations.removeIf(known -> known.at.isBefore(upCutoff) && known.at.isBefore(downCutoff));
    recommendations.add(new Recommendation(desired, now));
    return Math.min(Math.max(current, up), down);
  }

  private static long window(JsonNode rules, long usual) {
    JsonNode window = rules.path("stabilizationWindowSeconds");
    return window.isNumber() ? window.asLong() : usual;
  }

  private static Limited limit(int current, int desired, int least, int most) {
    int fastest = Math.max(LIMIT_FACTOR * current, LIMIT_LEAST);
    if (desired < least) {
      return tooFew(least);
    }
    if (desired > Math.min(most, fastest)) {
      return most > fastest ? tooFast(fastest) : tooMany(most);
    }
    return within(desired);
  }

  private Limited limit(
      JsonNode behavior, int current, int desired, int least, int most, Instant now) {
    if (desired > current) {
      int fastest = Math.max(current, upLimit(behavior.path("scaleUp"), current, now));
      if (desired > Math.min(most, fastest)) {
        return most > fastest ? tooFast(fastest) : tooMany(most);
      }
    } else if (desired < current) {
      int fastest = Math.min(current, downLimit(behavior.path("scaleDown"), current, now));
      if (desired < Math.max(least, fastest)) {
        return least < fastest
            ? new Limited(
                fastest,
                "ScaleDownLimit",
                "the desired replica count is decreasing faster than the maximum scale rate")
            : tooFew(least);
      }
    }
    return within(desired);
  }

  private static Limited within(int desired) {
    return new Limited(
        desired, "DesiredWithinRange", "the desired count is within the acceptable range");
  }

  private static Limited tooFew(int least) {
    return new Limited(
        least,
        "TooFewReplicas",
        "the desired replica count is less than the minimum replica count");
  }

  private static Limited tooMany(int most) {
    return new Limited(
        most,
        "TooManyReplicas",
        "the desired replica count is more than the maximum replica count");
  }

  private static Limited tooFast(int fastest) {
    return new Limited(
        fastest,
        "ScaleUpLimit",
        "the desired replica count is increasing faster than the maximum scale rate");
  }

  private int upLimit(JsonNode rules, int current, Instant now) {
    String select = rules.path("selectPolicy").asText("Max");
    if (select.equals("Disabled")) {
      return current;
    }
    boolean smallest = select.equals("Min");
    long result = smallest ? Integer.MAX_VALUE : Integer.MIN_VALUE;
    for (JsonNode policy : rules.path("policies")) {
      long start = atStart(policy, current, now);
      long value = policy.path("value").asLong();
      long proposed =
          isPercent(policy) ? (long) Math.ceil(start * (1 + value / 100.0)) : start + value;
      result = smallest ? Math.min(result, proposed) : Math.max(result, proposed);
    }
    return (int) Math.min(Integer.MAX_VALUE, result);
  }

  private int downLimit(JsonNode rules, int current, Instant now) {
    String select = rules.path("selectPolicy").asText("Max");
    if (select.equals("Disabled")) {
      return current;
    }
    boolean smallest = select.equals("Min");
    long result = smallest ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    for (JsonNode policy : rules.path("policies")) {
      long start = atStart(policy, current, now);
      long value = policy.path("value").asLong();
      long proposed = isPercent(policy) ? (long) (start * (1 - value / 100.0)) : start - value;
      result = smallest ? Math.max(result, proposed) : Math.min(result, proposed);
    }
    return (int) Math.max(Integer.MIN_VALUE, result);
  }

  private static boolean isPercent(JsonNode policy) {
    return policy.path("type").asText().equals("Percent");
  }

  /** The count when a policy's period began. */
  private long atStart(JsonNode policy, int current, Instant now) {
    Instant begin = now.minusSeconds(policy.path("periodSeconds").asLong());
    return (long) current - since(added, begin) + since(removed, begin);
  }

  private static long since(List<Change> changes, Instant begin) {
    return changes.stream()
        .filter(change -> change.at.isAfter(begin))
        .mapToLong(Change::replicas)
        .sum();
  }
}
