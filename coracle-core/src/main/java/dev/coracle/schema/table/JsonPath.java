package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The JSONPath that printer columns use: {@code .a.b}, {@code ['a.b']}, {@code .a\.b}, {@code [0]},
 * {@code [-1]}, {@code [0:2]}, {@code [*]}, {@code ..a} and {@code [?(@.type=="Ready")]}.
 */
public final class JsonPath {

  private sealed interface Step {}

  private record Name(String name) implements Step {}

  private record Deep(String name) implements Step {}

  private record All() implements Step {}

  private record Slice(int from, int to, boolean single) implements Step {}

  private record Filter(JsonPath left, String operator, String right) implements Step {}

  private final List<Step> steps = new ArrayList<>();

  private JsonPath() {}

  /**
   * @throws IllegalArgumentException when it cannot be read
   */
  public static JsonPath compile(String expression) {
    String text = expression.strip();
    if (text.startsWith("{") && text.endsWith("}")) {
      text = text.substring(1, text.length() - 1).strip();
    }
    JsonPath path = new JsonPath();
    int at = text.startsWith("$") || text.startsWith("@") ? 1 : 0;
    while (at < text.length()) {
      at = text.charAt(at) == '[' ? path.bracket(text, at) : path.dotted(text, at);
    }
    return path;
  }

  private int dotted(String text, int start) {
    int at = start;
    boolean deep = text.startsWith("..", at);
    if (deep) {
      at += 2;
    } else if (text.charAt(at) == '.') {
      at++;
    }
    StringBuilder name = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '.' && text.charAt(at) != '[') {
      if (text.charAt(at) == '\\' && at + 1 < text.length()) {
        at++;
      }
      name.append(text.charAt(at++));
    }
    if (name.isEmpty()) {
      if (at < text.length() && text.charAt(at) == '[') {
        return at;
      }
      if (start == 0 && text.equals(".")) {
        return at;
      }
      throw new IllegalArgumentException("empty field in " + text);
    }
    String field = name.toString();
    steps.add(deep ? new Deep(field) : field.equals("*") ? new All() : new Name(field));
    return at;
  }

  private int bracket(String text, int start) {
    int end = closing(text, start);
    String inside = text.substring(start + 1, end).strip();
    if (inside.equals("*")) {
      steps.add(new All());
    } else if (inside.startsWith("'") || inside.startsWith("\"")) {
      steps.add(new Name(unquoted(inside)));
    } else if (inside.startsWith("?(") && inside.endsWith(")")) {
      steps.add(filter(inside.substring(2, inside.length() - 1).strip()));
    } else if (inside.indexOf(':') >= 0) {
      String[] ends = inside.split(":", -1);
      steps.add(
          new Slice(
              ends[0].isBlank() ? 0 : integer(ends[0]),
              ends[1].isBlank() ? Integer.MAX_VALUE : integer(ends[1]),
              false));
    } else {
      steps.add(new Slice(integer(inside), 0, true));
    }
    return end + 1;
  }

  private static int closing(String text, int start) {
    int depth = 0;
    char quote = 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '[') {
        depth++;
      } else if (c == ']' && --depth == 0) {
        return i;
      }
    }
    throw new IllegalArgumentException("unterminated array in " + text);
  }

  private static Filter filter(String condition) {
    for (String operator : new String[] {"==", "!=", ">=", "<=", ">", "<"}) {
      int at = condition.indexOf(operator);
      if (at > 0) {
        return new Filter(
            compile(condition.substring(0, at)),
            operator,
            unquoted(condition.substring(at + operator.length()).strip()));
      }
    }
    return new Filter(compile(condition), "", "");
  }

  private static int integer(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid array index " + text, e);
    }
  }

  private static String unquoted(String text) {
    boolean quoted =
        text.length() > 1
            && (text.charAt(0) == '\'' || text.charAt(0) == '"')
            && text.charAt(text.length() - 1) == text.charAt(0);
    return quoted ? text.substring(1, text.length() - 1) : text;
  }

  /** The names that it begins with: all that it looks at is below; empty for anything. */
  List<String> field() {
    List<String> names = new ArrayList<>();
    for (Step step : steps) {
      if (!(step instanceof Name name)) {
        break;
      }
      names.add(name.name());
    }
    return names;
  }

  /** What the path leads to, in document order. */
  public List<JsonNode> find(JsonNode root) {
    List<JsonNode> found = List.of(root);
    for (Step step : steps) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : found) {
        take(step, node, next);
      }
      found = next;
    }
    return found;
  }

  private static void take(Step step, JsonNode node, List<JsonNode> into) {
    switch (step) {
      case Name name -> {
        if (node.has(name.name())) {
          into.add(node.get(name.name()));
        }
      }
      case Deep deep -> {
        if (node.has(deep.name())) {
          into.add(node.get(deep.name()));
        }
        for (JsonNode child : node) {
          take(deep, child, into);
        }
      }
      case All ignored -> node.forEach(into::add);
      case Slice slice -> slice(slice, node, into);
      case Filter filter -> {
        for (JsonNode item : node) {
          if (holds(filter, item)) {
            into.add(item);
          }
        }
      }
    }
  }

  private static void slice(Slice slice, JsonNode node, List<JsonNode> into) {
    if (!node.isArray()) {
      return;
    }
    int from = slice.from() < 0 ? slice.from() + node.size() : slice.from();
    if (slice.single()) {
      if (from >= 0 && from < node.size()) {
        into.add(node.get(from));
      }
      return;
    }
    int to = slice.to() < 0 ? slice.to() + node.size() : Math.min(slice.to(), node.size());
    for (int i = Math.max(0, from); i < to; i++) {
      into.add(node.get(i));
    }
  }

  private static boolean holds(Filter filter, JsonNode item) {
    List<JsonNode> left = filter.left().find(item);
    if (left.isEmpty()) {
      return false;
    }
    if (filter.operator().isEmpty()) {
      return true;
    }
    String value = left.getFirst().asText("");
    int order = value.compareTo(filter.right());
    if (left.getFirst().isNumber()) {
      try {
        order = Double.compare(left.getFirst().asDouble(), Double.parseDouble(filter.right()));
      } catch (NumberFormatException e) {
        return false;
      }
    }
    return switch (filter.operator()) {
      case "==" -> order == 0;
      case "!=" -> order != 0;
      case ">=" -> order >= 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order < 0;
    };
  }
}
