package dev.coracle.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A field selector: terms such as {@code status.phase!=Running} that must all hold. */
public final class FieldSelector {

  /**
   * One term.
   *
   * @param field a path such as {@code metadata.name}
   * @param equal false for {@code !=}
   */
  public record Term(String field, boolean equal, String value) {
    @Override
    public String toString() {
      return field + (equal ? "=" : "!=") + escaped(value);
    }
  }

  public static final FieldSelector EVERYTHING = new FieldSelector(List.of());

  private final List<Term> terms;

  private FieldSelector(List<Term> terms) {
    this.terms = List.copyOf(terms);
  }

  /**
   * Reads {@code a=b,c!=d}; commas, equal signs and backslashes in values are escaped with a
   * backslash.
   *
   * @throws StatusException 400 with kube-apiserver's words when it cannot be read
   */
  public static FieldSelector parse(String selector) {
    if (selector.isEmpty()) {
      return EVERYTHING;
    }
    List<Term> terms = new ArrayList<>();
    for (String part : split(selector)) {
      if (!part.isEmpty()) {
        terms.add(term(selector, part));
      }
    }
    return new FieldSelector(terms);
  }

  private static List<String> split(String selector) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < selector.length(); i++) {
      char c = selector.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == ',') {
        parts.add(selector.substring(from, i));
        from = i + 1;
      }
    }
    parts.add(selector.substring(from));
    return parts;
  }

  private static Term term(String selector, String part) {
    for (int i = 0; i < part.length(); i++) {
      if (part.startsWith("!=", i)) {
        return new Term(part.substring(0, i), false, unescaped(part.substring(i + 2)));
      }
      if (part.charAt(i) == '=') {
        int value = part.startsWith("==", i) ? i + 2 : i + 1;
        return new Term(part.substring(0, i), true, unescaped(part.substring(value)));
      }
    }
    throw StatusException.badRequest(
        "invalid selector: '" + selector + "'; can't understand '" + part + "'");
  }

  private static String unescaped(String value) {
    if (value.indexOf('\\') < 0 && value.indexOf('=') < 0) {
      return value;
    }
    StringBuilder text = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\') {
        String sequence = value.substring(i, Math.min(i + 2, value.length()));
        char next = sequence.length() == 2 ? sequence.charAt(1) : ' ';
        if (next != '\\' && next != ',' && next != '=') {
          throw StatusException.badRequest(
              "invalid field selector: invalid escape sequence: " + sequence);
        }
        text.append(next);
        i++;
      } else if (c == '=' || c == ',') {
        throw StatusException.badRequest(
            "invalid field selector: unescaped character in value: " + (int) c);
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=");
  }

  /**
   * Checks the fields against those that a resource knows besides {@code metadata.name} and {@code
   * metadata.namespace}.
   *
   * @throws StatusException 400 for any other: {@code field label not supported} where the kind has
   *     selectable fields of its own, else the list of the two
   */
  public void checkFields(Collection<String> selectable) {
    for (Term term : terms) {
      String field = term.field();
      if (!field.equals("metadata.name")
          && !field.equals("metadata.namespace")
          && !selectable.contains(field)) {
        throw StatusException.badRequest(unsupported(field, selectable.isEmpty()));
      }
    }
  }

  /** The words about a field that no selector may name. */
  public static String unsupported(String field, boolean metadataOnly) {
    return metadataOnly
        ? "\""
            + field
            + "\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        : "field label not supported: " + field;
  }

  /**
   * @param lookup the value of a field, empty when the object has none
   */
  public boolean matches(UnaryOperator<String> lookup) {
    for (Term term : terms) {
      if (term.equal() != term.value().equals(lookup.apply(term.field()))) {
        return false;
      }
    }
    return true;
  }

  /** The value that this field must have, or null when the selector leaves it open. */
  public @Nullable String required(String field) {
    for (Term term : terms) {
      if (term.equal() && term.field().equals(field)) {
        return term.value();
      }
    }
    return null;
  }

  public boolean isEverything() {
    return terms.isEmpty();
  }

  public List<Term> terms() {
    return terms;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Term term : terms) {
      text.append(text.isEmpty() ? "" : ",").append(term);
    }
    return text.toString();
  }
}
