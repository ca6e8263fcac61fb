package dev.coracle.auth.reviews;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusCause;
import dev.coracle.auth.SelectorRequirement;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code fieldSelector} and {@code labelSelector} of a review's {@code resourceAttributes}: text,
 * or requirements (KEP-4601).
 */
final class SelectorAttributes {

  private static final String PATH = "spec.resourceAttributes.";

  private SelectorAttributes() {}

  static List<SelectorRequirement> fields(JsonNode attributes) {
    JsonNode selector = attributes.path("fieldSelector");
    String raw = selector.path("rawSelector").asText("");
    return raw.isEmpty() ? requirements(selector, true) : SelectorRequirement.fields(raw);
  }

  static List<SelectorRequirement> labels(JsonNode attributes) {
    JsonNode selector = attributes.path("labelSelector");
    String raw = selector.path("rawSelector").asText("");
    return raw.isEmpty() ? requirements(selector, false) : SelectorRequirement.labels(raw);
  }

  /** Requirements that mean nothing here are left out: the request is limited less, then. */
  private static List<SelectorRequirement> requirements(JsonNode selector, boolean oneValue) {
    List<SelectorRequirement> requirements = new ArrayList<>();
    for (JsonNode node : selector.path("requirements")) {
      List<String> values = new ArrayList<>();
      node.path("values").forEach(value -> values.add(value.asText()));
      boolean known =
          switch (node.path("operator").asText("")) {
            case "In", "NotIn" -> !oneValue || values.size() == 1;
            case "Exists", "DoesNotExist" -> !oneValue;
            default -> false;
          };
      if (known) {
        requirements.add(
            new SelectorRequirement(
                node.path("key").asText(""), node.path("operator").asText(""), values));
      }
    }
    return requirements;
  }

  /** What is wrong with either of them. */
  static void check(JsonNode attributes, List<StatusCause> causes) {
    for (String field : new String[] {"fieldSelector", "labelSelector"}) {
      JsonNode selector = attributes.path(field);
      if (selector.isObject()) {
        check(PATH + field, selector, causes);
      }
    }
  }

  private static void check(String path, JsonNode selector, List<StatusCause> causes) {
    String raw = selector.path("rawSelector").asText("");
    JsonNode requirements = selector.path("requirements");
    if (!raw.isEmpty() && !requirements.isEmpty()) {
      causes.add(
          new StatusCause(
              "FieldValueInvalid",
              "Invalid value: \"" + raw + "\": may not specified at the same time as requirements",
              path + ".rawSelector"));
    }
    if (raw.isEmpty() && requirements.isEmpty()) {
      causes.add(
          new StatusCause(
              "FieldValueRequired",
              "Required value: when "
                  + path
                  + " is specified, requirements or rawSelector is required",
              path + ".requirements"));
    }
    for (int i = 0; i < requirements.size(); i++) {
      JsonNode requirement = requirements.path(i);
      String at = path + ".requirements[" + i + "]";
      boolean values = !requirement.path("values").isEmpty();
      if (requirement.path("key").asText("").isEmpty()) {
        causes.add(
            new StatusCause(
                "FieldValueRequired", "Required value: must be specified", at + ".key"));
      }
      switch (requirement.path("operator").asText("")) {
        case "In", "NotIn" -> {
          if (!values) {
            causes.add(
                new StatusCause(
                    "FieldValueRequired",
                    "Required value: must be specified when `operator` is 'In' or 'NotIn'",
                    at + ".values"));
          }
        }
        case "Exists", "DoesNotExist" -> {
          if (values) {
            causes.add(
                new StatusCause(
                    "FieldValueForbidden",
                    "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                    at + ".values"));
          }
        }
        default -> {
          // Newer clients may know more operators.
        }
      }
    }
  }
}
