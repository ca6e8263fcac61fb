package dev.coracle.http;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Header fields in the order they were added; names compare without case, a name may repeat. Not
 * safe for concurrent change.
 */
public final class Headers {

  private final List<String> fields;

  public Headers() {
    fields = new ArrayList<>(16);
  }

  private Headers(List<String> fields) {
    this.fields = fields;
  }

  /** Headers of alternating names and values. */
  public static Headers of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException("a name without a value");
    }
    return new Headers(new ArrayList<>(List.of(namesAndValues)));
  }

  public Headers copy() {
    return new Headers(new ArrayList<>(fields));
  }

  public Headers add(String name, String value) {
    fields.add(name);
    fields.add(value);
    return this;
  }

  /** Replaces every field of this name by one. */
  public Headers set(String name, String value) {
    remove(name);
    return add(name, value);
  }

  public Headers remove(String name) {
    for (int i = fields.size() - 2; i >= 0; i -= 2) {
      if (fields.get(i).equalsIgnoreCase(name)) {
        fields.remove(i + 1);
        fields.remove(i);
      }
    }
    return this;
  }

  /** The first value of a name, or null. */
  public @Nullable String first(String name) {
    for (int i = 0; i < fields.size(); i += 2) {
      if (fields.get(i).equalsIgnoreCase(name)) {
        return fields.get(i + 1);
      }
    }
    return null;
  }

  /** The first value of a name, or another one. */
  public String first(String name, String otherwise) {
    String value = first(name);
    return value == null ? otherwise : value;
  }

  public boolean contains(String name) {
    return first(name) != null;
  }

  /** Every value of a name, in order; empty when there is none. */
  public List<String> all(String name) {
    List<String> values = List.of();
    for (int i = 0; i < fields.size(); i += 2) {
      if (fields.get(i).equalsIgnoreCase(name)) {
        if (values.isEmpty()) {
          values = new ArrayList<>(2);
        }
        values.add(fields.get(i + 1));
      }
    }
    return values;
  }

  /** The comma-separated elements of every value of a name, trimmed, without empty ones. */
  public List<String> elements(String name) {
    List<String> elements = new ArrayList<>();
    for (String value : all(name)) {
      for (String element : value.split(",", -1)) {
        if (!element.isBlank()) {
          elements.add(element.trim());
        }
      }
    }
    return elements;
  }

  /** Whether a comma-separated header, such as {@code Connection}, has an element, without case. */
  public boolean hasElement(String name, String element) {
    return elements(name).stream().anyMatch(element::equalsIgnoreCase);
  }

  public void forEach(BiConsumer<String, String> action) {
    for (int i = 0; i < fields.size(); i += 2) {
      action.accept(fields.get(i), fields.get(i + 1));
    }
  }

  /** The name of a field by its place. */
  public String nameAt(int index) {
    return fields.get(2 * index);
  }

  /** The value of a field by its place. */
  public String valueAt(int index) {
    return fields.get(2 * index + 1);
  }

  /** The number of fields. */
  public int size() {
    return fields.size() / 2;
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
