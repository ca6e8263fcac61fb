package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A label selector: requirements that must all hold. It is read from the string of a query ({@code
 * app=web,tier in (a,b),!old}) or from the object form ({@code matchLabels}, {@code
 * matchExpressions}).
 */
public final class LabelSelector {

  /** The operators, with the words of the string form. */
  public enum Operator {
    IN("in"),
    NOT_IN("notin"),
    EQUALS("="),
    DOUBLE_EQUALS("=="),
    NOT_EQUALS("!="),
    GREATER_THAN("gt"),
    LESS_THAN("lt"),
    EXISTS("exists"),
    DOES_NOT_EXIST("!");

    private final String word;

    Operator(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  /**
   * One requirement.
   *
   * @param values sorted; empty for {@code exists} and {@code !}
   */
  public record Requirement(String key, Operator operator, List<String> values) {

    public Requirement {
      values = List.copyOf(values);
    }

    public boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case IN, EQUALS, DOUBLE_EQUALS -> value != null && values.contains(value);
        case NOT_IN, NOT_EQUALS -> value == null || !values.contains(value);
        case EXISTS -> value != null;
        case DOES_NOT_EXIST -> value == null;
        case GREATER_THAN -> value != null && compare(value) > 0;
        case LESS_THAN -> value != null && compare(value) < 0;
      };
    }

    /** 0, which matches neither, when the label is no number. */
    private int compare(String value) {
      try {
        return Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst()));
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    @Override
    public String toString() {
      String list = String.join(",", values);
      return switch (operator) {
        case EXISTS -> key;
        case DOES_NOT_EXIST -> "!" + key;
        case EQUALS, DOUBLE_EQUALS, NOT_EQUALS -> key + operator.word() + list;
        case GREATER_THAN -> key + ">" + list;
        case LESS_THAN -> key + "<" + list;
        case IN, NOT_IN -> key + " " + operator.word() + " (" + list + ")";
      };
    }
  }

  /** Matches everything: the empty selector. */
  public static final LabelSelector EVERYTHING = new LabelSelector(List.of(), false);

  /** Matches nothing: the absent selector of an object. */
  public static final LabelSelector NOTHING = new LabelSelector(List.of(), true);

  private final Requirement[] requirements;
  private final boolean nothing;

  private LabelSelector(List<Requirement> requirements, boolean nothing) {
    this.requirements = requirements.toArray(Requirement[]::new);
    this.nothing = nothing;
  }

  /**
   * Reads the string form; the empty string selects everything.
   *
   * @throws StatusException 400 with kube-apiserver's words when it cannot be read
   */
  public static LabelSelector parse(String selector) {
    if (selector.isEmpty()) {
      return EVERYTHING;
    }
    try {
      List<Requirement> requirements = new LabelSelectorParser(selector).parse();
      requirements.sort((a, b) -> a.key().compareTo(b.key()));
      return new LabelSelector(requirements, false);
    } catch (IllegalArgumentException e) {
      throw StatusException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  /** The labels that must all be there with these values. */
  public static LabelSelector ofLabels(Map<String, String> labels) {
    List<Requirement> requirements = new ArrayList<>(labels.size());
    new TreeMap<>(labels)
        .forEach(
            (key, value) ->
                requirements.add(new Requirement(key, Operator.EQUALS, List.of(value))));
    return new LabelSelector(requirements, false);
  }

  /**
   * Reads the object form. An absent selector selects nothing, an empty one everything, as in
   * {@code metav1.LabelSelectorAsSelector}.
   *
   * @throws IllegalArgumentException for an operator that does not exist
   */
  public static LabelSelector of(JsonNode selector) {
    if (!selector.isObject()) {
      return NOTHING;
    }
    List<Requirement> requirements = new ArrayList<>();
    selector
        .path("matchLabels")
        .properties()
        .forEach(
            entry ->
                requirements.add(
                    new Requirement(
                        entry.getKey(), Operator.EQUALS, List.of(entry.getValue().asText()))));
    for (JsonNode expression : selector.path("matchExpressions")) {
      String operator = expression.path("operator").asText("");
      TreeSet<String> values = new TreeSet<>();
      expression.path("values").forEach(value -> values.add(value.asText()));
      requirements.add(
          new Requirement(
              expression.path("key").asText(""),
              switch (operator) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
                default ->
                    throw new IllegalArgumentException(
                        "\"" + operator + "\" is not a valid label selector operator");
              },
              List.copyOf(values)));
    }
    requirements.sort((a, b) -> a.key().compareTo(b.key()));
    return new LabelSelector(requirements, false);
  }

  /** Selects by a plain map of labels, as Services and ReplicationControllers do. */
  public static LabelSelector ofMap(JsonNode labels) {
    Map<String, String> map = new TreeMap<>();
    labels.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
    return ofLabels(map);
  }

  public boolean matches(Map<String, String> labels) {
    if (nothing) {
      return false;
    }
    for (Requirement requirement : requirements) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** Matches what both match. */
  public LabelSelector and(LabelSelector that) {
    List<Requirement> both = new ArrayList<>(requirements());
    both.addAll(that.requirements());
    return new LabelSelector(both, nothing || that.nothing);
  }

  public boolean isEverything() {
    return !nothing && requirements.length == 0;
  }

  public List<Requirement> requirements() {
    return List.of(requirements);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelSelector that
        && nothing == that.nothing
        && Arrays.equals(requirements, that.requirements);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(requirements) * 2 + (nothing ? 1 : 0);
  }

  /** The string form, as {@code kubectl get} shows selectors and as a query takes them. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Requirement requirement : requirements) {
      text.append(text.isEmpty() ? "" : ",").append(requirement);
    }
    return text.toString();
  }
}
