package dev.coracle.schema.validation.field;

import org.jspecify.annotations.Nullable;

/** Where a field is, such as {@code spec.containers[0].resources.limits[cpu]}. */
public final class FieldPath {

  /** A value itself, of which nothing says where it is. */
  public static final FieldPath ROOT = new FieldPath(null, "", false);

  private final @Nullable FieldPath parent;
  private final String step;
  private final boolean subscript;

  private FieldPath(@Nullable FieldPath parent, String step, boolean subscript) {
    this.parent = parent;
    this.step = step;
    this.subscript = subscript;
  }

  /** The path of a field of the object itself. */
  public static FieldPath of(String name) {
    return new FieldPath(null, name, false);
  }

  /** A path of several names. */
  public static FieldPath of(String name, String... names) {
    FieldPath path = of(name);
    for (String next : names) {
      path = path.child(next);
    }
    return path;
  }

  public FieldPath child(String name) {
    return new FieldPath(this, name, false);
  }

  public FieldPath index(int index) {
    return new FieldPath(this, Integer.toString(index), true);
  }

  public FieldPath key(String key) {
    return new FieldPath(this, key, true);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    write(text);
    return text.toString();
  }

  private void write(StringBuilder text) {
    if (parent != null) {
      parent.write(text);
    }
    if (this == ROOT) {
      return;
    }
    if (subscript) {
      text.append('[').append(step).append(']');
    } else {
      text.append(parent == null || parent == ROOT ? "" : ".").append(step);
    }
  }
}
