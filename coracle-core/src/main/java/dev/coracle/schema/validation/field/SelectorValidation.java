package dev.coracle.schema.validation.field;

import dev.coracle.api.Names;

/** {@code metav1.LabelSelector}. */
public final class SelectorValidation {

  private SelectorValidation() {}

  public static void validate(Field selector) {
    MetadataValidation.labels(selector.child("matchLabels"));
    for (Field expression : selector.child("matchExpressions").items()) {
      Field values = expression.child("values");
      switch (expression.text("operator")) {
        case "In", "NotIn" -> {
          if (values.json().isEmpty()) {
            values.required("must be specified when `operator` is 'In' or 'NotIn'");
          }
        }
        case "Exists", "DoesNotExist" -> {
          if (!values.json().isEmpty()) {
            values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
          }
        }
        default -> expression.child("operator").invalid("not a valid selector operator");
      }
      key(expression.child("key"));
      for (Field value : values.items()) {
        value.invalid(Names.labelValue(value.text()));
      }
    }
  }

  /** A label key; an absent one is the empty string. */
  public static void key(Field key) {
    key.errors().invalid(key.path(), key.text(), Names.qualifiedName(key.text()));
  }

  public static boolean isEmpty(Field selector) {
    return selector.json().path("matchLabels").isEmpty()
        && selector.json().path("matchExpressions").isEmpty();
  }
}
