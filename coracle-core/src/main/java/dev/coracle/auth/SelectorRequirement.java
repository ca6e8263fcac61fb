package dev.coracle.auth;

import dev.coracle.api.FieldSelector;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.StatusException;
import java.util.List;

/**
 * One term of a selector as authorizers see it (KEP-4601): {@code FieldSelectorRequirement} and
 * {@code LabelSelectorRequirement} of a SubjectAccessReview.
 *
 * @param operator In, NotIn, Exists or DoesNotExist
 * @param values exactly one for a field's In and NotIn
 */
public record SelectorRequirement(String key, String operator, List<String> values) {

  public SelectorRequirement {
    values = List.copyOf(values);
  }

  /** Whether this says that a field has exactly this value. */
  public boolean requires(String field, String value) {
    return key.equals(field) && operator.equals("In") && values.equals(List.of(value));
  }

  /**
   * The terms of a field selector; none when it can't be read, which the request's verb refuses.
   */
  public static List<SelectorRequirement> fields(String selector) {
    if (selector.isEmpty()) {
      return List.of();
    }
    try {
      return FieldSelector.parse(selector).terms().stream()
          .map(
              term ->
                  new SelectorRequirement(
                      term.field(), term.equal() ? "In" : "NotIn", List.of(term.value())))
          .toList();
    } catch (StatusException e) {
      return List.of();
    }
  }

  /** The terms of a label selector; none when it can't be read. */
  public static List<SelectorRequirement> labels(String selector) {
    if (selector.isEmpty()) {
      return List.of();
    }
    try {
      return LabelSelector.parse(selector).requirements().stream()
          .map(SelectorRequirement::label)
          .filter(requirement -> !requirement.operator().isEmpty())
          .toList();
    } catch (StatusException e) {
      return List.of();
    }
  }

  private static SelectorRequirement label(LabelSelector.Requirement requirement) {
    String operator =
        switch (requirement.operator()) {
          case IN, EQUALS, DOUBLE_EQUALS -> "In";
          case NOT_IN, NOT_EQUALS -> "NotIn";
          case EXISTS -> "Exists";
          case DOES_NOT_EXIST -> "DoesNotExist";
          // Authorizers know no such operator: to them the request is limited less than it is.
          case GREATER_THAN, LESS_THAN -> "";
        };
    return new SelectorRequirement(requirement.key(), operator, requirement.values());
  }
}
