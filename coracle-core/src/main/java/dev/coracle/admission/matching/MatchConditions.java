package dev.coracle.admission.matching;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.schema.cel.AccessCheck;
import dev.coracle.schema.cel.AdmissionScope;
import dev.coracle.schema.cel.CostBudget;
import dev.coracle.schema.cel.ExpressionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code matchConditions}: a write concerns a webhook or policy only if all of them are true. */
public final class MatchConditions {

  /** The error of expressions that together cost more than they may. */
  public static final String OUT_OF_BUDGET =
      "validation failed due to running out of cost budget, no further validation rules will be"
          + " run";

  private static final long BUDGET = 2_500_000;
  private static final AdmissionScope SCOPE = AdmissionScope.of(false, true);

  /**
   * What came out.
   *
   * @param error null unless it could not be told and must not be ignored
   */
  public record Answer(boolean matches, @Nullable String error) {}

  private final AccessCheck access;

  public MatchConditions(AccessCheck access) {
    this.access = access;
  }

  public AccessCheck access() {
    return access;
  }

  /**
   * The conditions of a webhook.
   *
   * @param original the write as it was sent
   * @param write the same with its objects in the version of the match
   * @param ignoresErrors whether an error means "no match"
   */
  public Answer evaluate(
      JsonNode conditions,
      AdmissionAttributes original,
      AdmissionAttributes write,
      AdmissionRules.Match match,
      boolean ignoresErrors) {
    return evaluate(
        conditions, SCOPE, AdmissionValues.of(original, write, match, null, access), ignoresErrors);
  }

  /** One that is false decides, whatever errors others have. */
  public static Answer evaluate(
      JsonNode conditions,
      AdmissionScope scope,
      Map<String, Object> values,
      boolean ignoresErrors) {
    List<String> errors = new ArrayList<>();
    CostBudget budget = CostBudget.of(BUDGET);
    for (JsonNode condition : conditions) {
      String source = condition.path("expression").asText().strip();
      try {
        if (!Boolean.TRUE.equals(scope.compile(source).evaluate(values, budget))) {
          return new Answer(false, null);
        }
      } catch (ExpressionException e) {
        if (budget.left() < 0) {
          return new Answer(false, ignoresErrors ? null : OUT_OF_BUDGET);
        }
        errors.add("expression '" + source + "' resulted in error: " + e.reason());
      }
    }
    if (errors.isEmpty()) {
      return new Answer(true, null);
    }
    if (ignoresErrors) {
      return new Answer(false, null);
    }
    return new Answer(
        false, errors.size() == 1 ? errors.getFirst() : "[" + String.join(", ", errors) + "]");
  }
}
