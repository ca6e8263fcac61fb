package dev.coracle.schema.decoding;

import dev.coracle.api.StatusException;

/** What is done about unknown and duplicate fields: the query parameter {@code fieldValidation}. */
public enum FieldValidation {
  /** The request fails. */
  STRICT,
  /** The fields are dropped, and the answer warns of them. */
  WARN,
  /** The fields are dropped. */
  IGNORE;

  /**
   * Reads the query parameter; empty is {@link #WARN}.
   *
   * @throws StatusException 400 or 422 as a kube-apiserver does for anything else
   */
  public static FieldValidation of(String parameter) {
    return switch (parameter) {
      case "", "Warn" -> WARN;
      case "Strict" -> STRICT;
      case "Ignore" -> IGNORE;
      default ->
          throw StatusException.badRequest(
              "invalid fieldValidation \"" + parameter + "\": must be Ignore, Warn or Strict");
    };
  }
}
