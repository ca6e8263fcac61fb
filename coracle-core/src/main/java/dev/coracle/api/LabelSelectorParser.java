package dev.coracle.api;

import dev.coracle.api.LabelSelector.Operator;
import dev.coracle.api.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Reads the string form of a label selector; its errors are those of kube-apiserver. */
final class LabelSelectorParser {

  private enum Kind {
    IDENTIFIER,
    COMMA,
    OPEN,
    CLOSE,
    NOT,
    EQUALS,
    DOUBLE_EQUALS,
    NOT_EQUALS,
    GREATER,
    LESS,
    IN,
    NOT_IN,
    ERROR,
    END
  }

  private record Token(Kind kind, String text) {}

  private static final Token END = new Token(Kind.END, "");

  private final String selector;
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  LabelSelectorParser(String selector) {
    this.selector = selector;
  }

  /**
   * @throws IllegalArgumentException when it is no selector
   */
  List<Requirement> parse() {
    scan();
    List<Requirement> requirements = new ArrayList<>();
    while (true) {
      Token token = lookAhead();
      switch (token.kind()) {
        case IDENTIFIER, NOT -> requirements.add(requirement());
        case END -> {
          return requirements;
        }
        default -> throw unexpected(token, ", expected: !, identifier, or 'end of string'");
      }
      Token next = consume();
      if (next.kind() == Kind.END) {
        return requirements;
      }
      if (next.kind() != Kind.COMMA) {
        throw unexpected(next, ", expected: ',' or 'end of string'");
      }
      Token after = lookAhead();
      if (after.kind() != Kind.IDENTIFIER && after.kind() != Kind.NOT) {
        throw unexpected(after, ", expected: identifier after ','");
      }
    }
  }

  private static IllegalArgumentException unexpected(Token token, String rest) {
    return new IllegalArgumentException("found '" + token.text() + "'" + rest);
  }

  private Requirement requirement() {
    try {
      return requirementOrThrow();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("unable to parse requirement: " + e.getMessage(), e);
    }
  }

  private Requirement requirementOrThrow() {
    boolean absent = lookAhead().kind() == Kind.NOT;
    if (absent) {
      consume();
    }
    Token key = consume();
    if (key.kind() != Kind.IDENTIFIER) {
      throw unexpected(key, ", expected: identifier");
    }
    checkKey(key.text());
    Kind next = lookAhead().kind();
    if (absent) {
      return new Requirement(key.text(), Operator.DOES_NOT_EXIST, List.of());
    }
    if (next == Kind.END || next == Kind.COMMA) {
      return new Requirement(key.text(), Operator.EXISTS, List.of());
    }
    Operator operator = operator();
    TreeSet<String> values =
        operator == Operator.IN || operator == Operator.NOT_IN ? values() : exactValue();
    return checked(new Requirement(key.text(), operator, List.copyOf(values)));
  }

  private static void checkKey(String key) {
    List<String> errors = Names.qualifiedName(key);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(
          "<nil>: Invalid value: \"" + key + "\": " + String.join("; ", errors));
    }
  }

  private static Requirement checked(Requirement requirement) {
    List<String> values = requirement.values();
    List<String> errors = new ArrayList<>();
    boolean numbers =
        requirement.operator() == Operator.GREATER_THAN
            || requirement.operator() == Operator.LESS_THAN;
    for (int i = 0; i < values.size() && numbers; i++) {
      if (!isInteger(values.get(i))) {
        errors.add(
            "values["
                + i
                + "]: Invalid value: \""
                + values.get(i)
                + "\": for 'Gt', 'Lt' operators, the value must be an integer");
      }
    }
    for (int i = 0; i < values.size(); i++) {
      List<String> wrong = Names.labelValue(values.get(i));
      if (!wrong.isEmpty()) {
        errors.add(
            "values["
                + i
                + "]["
                + requirement.key()
                + "]: Invalid value: \""
                + values.get(i)
                + "\": "
                + String.join("; ", wrong));
      }
    }
    if (!errors.isEmpty()) {
      String all = String.join(", ", errors);
      throw new IllegalArgumentException(errors.size() == 1 ? all : "[" + all + "]");
    }
    return requirement;
  }

  private static boolean isInteger(String text) {
    try {
      Long.parseLong(text);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private Operator operator() {
    Token token = tokens.get(Math.min(position, tokens.size() - 1));
    position++;
    return switch (token.kind()) {
      case IN -> Operator.IN;
      case NOT_IN -> Operator.NOT_IN;
      case EQUALS -> Operator.EQUALS;
      case DOUBLE_EQUALS -> Operator.DOUBLE_EQUALS;
      case NOT_EQUALS -> Operator.NOT_EQUALS;
      case GREATER -> Operator.GREATER_THAN;
      case LESS -> Operator.LESS_THAN;
      default -> throw unexpected(token, ", expected: in, notin, =, ==, !=, gt, lt");
    };
  }

  private TreeSet<String> values() {
    Token open = consume();
    if (open.kind() != Kind.OPEN) {
      throw unexpected(open, " expected: '('");
    }
    Token first = lookAhead();
    switch (first.kind()) {
      case IDENTIFIER, COMMA -> {
        TreeSet<String> values = identifiers();
        Token close = consume();
        if (close.kind() != Kind.CLOSE) {
          throw unexpected(close, ", expected: ')'");
        }
        return values;
      }
      case CLOSE -> {
        consume();
        TreeSet<String> empty = new TreeSet<>();
        empty.add("");
        return empty;
      }
      default -> throw unexpected(first, ", expected: ',', ')' or identifier");
    }
  }

  private TreeSet<String> identifiers() {
    TreeSet<String> values = new TreeSet<>();
    while (true) {
      Token token = consume();
      if (token.kind() == Kind.IDENTIFIER) {
        values.add(token.text());
        Token next = lookAhead();
        if (next.kind() == Kind.CLOSE) {
          return values;
        }
        if (next.kind() != Kind.COMMA) {
          throw unexpected(next, ", expected: ',' or ')'");
        }
      } else if (token.kind() == Kind.COMMA) {
        if (values.isEmpty()) {
          values.add("");
        }
        Kind next = lookAhead().kind();
        if (next == Kind.CLOSE) {
          values.add("");
          return values;
        }
        if (next == Kind.COMMA) {
          consume();
          values.add("");
        }
      } else {
        throw unexpected(token, ", expected: ',', or identifier");
      }
    }
  }

  private TreeSet<String> exactValue() {
    TreeSet<String> values = new TreeSet<>();
    Kind next = lookAhead().kind();
    if (next == Kind.END || next == Kind.COMMA) {
      values.add("");
      return values;
    }
    Token token = consume();
    if (token.kind() != Kind.IDENTIFIER) {
      throw unexpected(token, ", expected: identifier");
    }
    values.add(token.text());
    return values;
  }

  /** The next token where {@code in} and {@code notin} are plain words. */
  private Token lookAhead() {
    Token token = tokens.get(Math.min(position, tokens.size() - 1));
    return token.kind() == Kind.IN || token.kind() == Kind.NOT_IN
        ? new Token(Kind.IDENTIFIER, token.text())
        : token;
  }

  private Token consume() {
    Token token = lookAhead();
    position++;
    return token;
  }

  private void scan() {
    int at = 0;
    while (at < selector.length()) {
      char c = selector.charAt(at);
      if (isSpace(c)) {
        at++;
      } else if (isSpecial(c)) {
        at = scanSymbol(at);
      } else {
        int from = at;
        while (at < selector.length()
            && !isSpace(selector.charAt(at))
            && !isSpecial(selector.charAt(at))) {
          at++;
        }
        String word = selector.substring(from, at);
        tokens.add(
            new Token(
                switch (word) {
                  case "in" -> Kind.IN;
                  case "notin" -> Kind.NOT_IN;
                  default -> Kind.IDENTIFIER;
                },
                word));
      }
    }
    tokens.add(END);
  }

  /** Adds the longest symbol that starts here and gives the place after it. */
  private int scanSymbol(int at) {
    if (at + 1 < selector.length()) {
      String two = selector.substring(at, at + 2);
      if (two.equals("==") || two.equals("!=")) {
        tokens.add(new Token(two.equals("==") ? Kind.DOUBLE_EQUALS : Kind.NOT_EQUALS, two));
        return at + 2;
      }
    }
    String one = selector.substring(at, at + 1);
    tokens.add(
        new Token(
            switch (one) {
              case ")" -> Kind.CLOSE;
              case "(" -> Kind.OPEN;
              case "," -> Kind.COMMA;
              case "!" -> Kind.NOT;
              case "=" -> Kind.EQUALS;
              case ">" -> Kind.GREATER;
              case "<" -> Kind.LESS;
              default -> Kind.ERROR;
            },
            one));
    return at + 1;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  private static boolean isSpecial(char c) {
    return "=!(),><".indexOf(c) >= 0;
  }
}
