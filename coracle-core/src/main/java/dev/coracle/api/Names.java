package dev.coracle.api;

import java.util.ArrayList;
import java.util.List;

/**
 * What Kubernetes accepts as a name, a label, a key or a port. Each check gives the messages of
 * Kubernetes' own validation, none when the value is right.
 */
public final class Names {

  private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
  private static final String QUALIFIED =
      regexError(
          "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
              + " alphanumeric character",
          "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
          "MyName",
          "my.name",
          "123-abc");

  private Names() {}

  /** {@code message (e.g. 'a', or 'b', regex used for validation is 'regex')}. */
  public static String regexError(String message, String regex, String... examples) {
    StringBuilder text = new StringBuilder(message).append(" (");
    for (int i = 0; i < examples.length; i++) {
      text.append(i == 0 ? "e.g. '" : " or '").append(examples[i]).append("', ");
    }
    return text.append("regex used for validation is '").append(regex).append("')").toString();
  }

  public static String tooLong(int most) {
    return "must be no more than " + most + " characters";
  }

  public static String range(long least, long most) {
    return "must be between " + least + " and " + most + ", inclusive";
  }

  /**
   * @param form what is wrong with the value's form; empty when nothing is
   */
  private static List<String> wrong(String value, int most, String form) {
    List<String> errors = value.length() > most ? List.of(tooLong(most)) : List.of();
    return form.isEmpty() ? errors : with(errors, form);
  }

  public static List<String> dns1123Label(String value) {
    boolean fits = isDns1123Label(value);
    return wrong(
        value,
        63,
        fits
            ? ""
            : isDns1123Subdomain(value)
                ? "must not contain dots"
                : regexError(
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters"
                        + " or '-', and must start and end with an alphanumeric character",
                    LABEL,
                    "my-name",
                    "123-abc"));
  }

  public static List<String> dns1123Subdomain(String value) {
    boolean fits = isDns1123Subdomain(value);
    return wrong(
        value,
        253,
        fits
            ? ""
            : regexError(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters,"
                    + " '-' or '.', and must start and end with an alphanumeric character",
                SUBDOMAIN,
                "example.com"));
  }

  public static List<String> wildcardDns1123Subdomain(String value) {
    if (value.startsWith("*.") && isDns1123Subdomain(value.substring(2)) && value.length() <= 253) {
      return List.of();
    }
    return List.of(
        regexError(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain,"
                + " which must consist of lower case alphanumeric characters, '-' or '.' and end"
                + " with an alphanumeric character",
            "\\*\\." + SUBDOMAIN,
            "*.example.com"));
  }

  public static List<String> dns1035Label(String value) {
    boolean fits = isDns1123Label(value) && isLower(value.charAt(0));
    return wrong(
        value,
        63,
        fits
            ? ""
            : regexError(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start"
                    + " with an alphabetic character, and end with an alphanumeric character",
                "[a-z]([-a-z0-9]*[a-z0-9])?",
                "my-name",
                "abc-123"));
  }

  /** A label key, annotation key, resource or condition name: {@code [subdomain/]name}. */
  public static List<String> qualifiedName(String value) {
    int slash = value.indexOf('/');
    if (slash >= 0 && value.indexOf('/', slash + 1) >= 0) {
      return List.of(
          "a valid label key "
              + QUALIFIED
              + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
    }
    List<String> errors = List.of();
    if (slash >= 0) {
      String prefix = value.substring(0, slash);
      if (prefix.isEmpty()) {
        errors = with(errors, "prefix part must be non-empty");
      } else {
        for (String error : dns1123Subdomain(prefix)) {
          errors = with(errors, "prefix part " + error);
        }
      }
    }
    String name = value.substring(slash + 1);
    if (name.isEmpty()) {
      errors = with(errors, "name part must be non-empty");
    } else if (name.length() > 63) {
      errors = with(errors, "name part " + tooLong(63));
    }
    return isQualified(name) ? errors : with(errors, "name part " + QUALIFIED);
  }

  public static List<String> labelValue(String value) {
    boolean fits = value.isEmpty() || isQualified(value);
    return wrong(
        value,
        63,
        fits
            ? ""
            : regexError(
                "a valid label must be an empty string or consist of alphanumeric characters, '-',"
                    + " '_' or '.', and must start and end with an alphanumeric character",
                "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
                "MyValue",
                "my_value",
                "12345"));
  }

  /** An environment variable's name: any printable ASCII but {@code =}. */
  public static List<String> environmentVariable(String value) {
    boolean fits = !value.isEmpty();
    for (int i = 0; i < value.length() && fits; i++) {
      char c = value.charAt(i);
      fits = c >= ' ' && c <= '~' && c != '=';
    }
    return fits
        ? List.of()
        : List.of(
            regexError(
                "a valid environment variable name must consist only of printable ASCII characters"
                    + " other than '='",
                "[ -<>-~]+"));
  }

  /** A key of a ConfigMap's or Secret's data: a file name. */
  public static List<String> configMapKey(String value) {
    List<String> errors = List.of();
    if (value.length() > 253) {
      errors = with(errors, tooLong(253));
    }
    boolean fits = !value.isEmpty();
    for (int i = 0; i < value.length() && fits; i++) {
      fits = isAlphanumeric(value.charAt(i)) || "-_.".indexOf(value.charAt(i)) >= 0;
    }
    if (!fits) {
      errors =
          with(
              errors,
              regexError(
                  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                  "[-._a-zA-Z0-9]+",
                  "key.name",
                  "KEY_NAME",
                  "key-name"));
    }
    if (value.equals(".")) {
      return with(errors, "must not be '.'");
    }
    if (value.equals("..")) {
      return with(errors, "must not be '..'");
    }
    return value.startsWith("..") ? with(errors, "must not start with '..'") : errors;
  }

  public static List<String> portNumber(long port) {
    return port >= 1 && port <= 65535 ? List.of() : List.of(range(1, 65535));
  }

  /** A port's name (IANA service name, RFC 6335). */
  public static List<String> portName(String value) {
    List<String> errors = List.of();
    if (value.length() > 15) {
      errors = with(errors, tooLong(15));
    }
    boolean charset = !value.isEmpty();
    boolean letter = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      letter |= isLower(c);
      charset &= isLowerAlphanumeric(c) || c == '-';
    }
    if (!charset) {
      errors =
          with(errors, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (!letter) {
      errors = with(errors, "must contain at least one letter (a-z)");
    }
    if (value.contains("--")) {
      errors = with(errors, "must not contain consecutive hyphens");
    }
    if (value.startsWith("-") || value.endsWith("-")) {
      errors = with(errors, "must not begin or end with a hyphen");
    }
    return errors;
  }

  public static List<String> httpHeaderName(String value) {
    boolean fits = !value.isEmpty();
    for (int i = 0; i < value.length() && fits; i++) {
      fits = isAlphanumeric(value.charAt(i)) || value.charAt(i) == '-';
    }
    return fits
        ? List.of()
        : List.of(
            regexError(
                "a valid HTTP header must consist of alphanumeric characters or '-'",
                "[-A-Za-z0-9]+",
                "X-Header-Name"));
  }

  public static boolean isDns1123Label(String value) {
    return isDns1123Label(value, 0, value.length());
  }

  public static boolean isDns1123Subdomain(String value) {
    int from = 0;
    for (int dot = value.indexOf('.'); dot >= 0; dot = value.indexOf('.', from)) {
      if (!isDns1123Label(value, from, dot)) {
        return false;
      }
      from = dot + 1;
    }
    return isDns1123Label(value, from, value.length());
  }

  private static boolean isDns1123Label(String value, int from, int to) {
    if (from >= to
        || !isLowerAlphanumeric(value.charAt(from))
        || !isLowerAlphanumeric(value.charAt(to - 1))) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (!isLowerAlphanumeric(value.charAt(i)) && value.charAt(i) != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isQualified(String value) {
    int length = value.length();
    if (length == 0
        || !isAlphanumeric(value.charAt(0))
        || !isAlphanumeric(value.charAt(length - 1))) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (!isAlphanumeric(c) && c != '-' && c != '_' && c != '.') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isLowerAlphanumeric(char c) {
    return isLower(c) || (c >= '0' && c <= '9');
  }

  private static boolean isAlphanumeric(char c) {
    return isLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z');
  }

  private static List<String> with(List<String> errors, String error) {
    List<String> more = new ArrayList<>(errors);
    more.add(error);
    return more;
  }
}
