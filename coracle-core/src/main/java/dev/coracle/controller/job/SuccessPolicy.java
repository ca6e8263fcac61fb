package dev.coracle.controller.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Whether the indexes that succeeded are enough, as {@code spec.successPolicy} says. */
final class SuccessPolicy {

  private SuccessPolicy() {}

  /** Which rule is met, as a message; null when none is. */
  static @Nullable String match(KubeObject job, SortedSet<Integer> succeeded) {
    if (succeeded.isEmpty()) {
      return null;
    }
    int index = 0;
    for (JsonNode rule : job.at("spec", "successPolicy", "rules")) {
      if (isMet(rule, succeeded, JobCount.completions(job))) {
        return "Matched rules at index " + index;
      }
      index++;
    }
    return null;
  }

  private static boolean isMet(JsonNode rule, SortedSet<Integer> succeeded, int completions) {
    JsonNode count = rule.path("succeededCount");
    JsonNode indexes = rule.path("succeededIndexes");
    if (!indexes.isTextual()) {
      return count.isNumber() && succeeded.size() >= count.asInt();
    }
    SortedSet<Integer> required = Indexes.parse(indexes.asText(), completions);
    if (required.isEmpty()) {
      return false;
    }
    long contained = required.stream().filter(succeeded::contains).count();
    return contained == required.size() || (count.isNumber() && contained >= count.asInt());
  }
}
