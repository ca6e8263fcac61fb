package dev.coracle.schemagen;

import java.util.List;
import java.util.Map;

/**
 * One named API type.
 *
 * @param packageName such as {@code io.k8s.api.core.v1}
 * @param name such as {@code Pod}
 * @param javaName the jar's name without the version, such as {@code CoreEvent}: unique among the
 *     groups
 * @param description may be empty
 * @param attributes facts of the definition as a whole
 * @param properties sorted by name; empty for a type that has a schema of its own
 */
record Definition(
    String packageName,
    String name,
    String javaName,
    String description,
    Map<String, String> attributes,
    List<Property> properties) {

  /**
   * A field.
   *
   * @param type in the notation of the schema resources: {@code string}, {@code integer/int32},
   *     {@code []T}, {@code {}T}, {@code &definition}
   * @param attributes facts of the field, {@code required} among them
   */
  record Property(String name, String type, String description, Map<String, String> attributes) {}

  String fullName() {
    return packageName + "." + name;
  }

  /** Whether it is an object with fields that are known. */
  boolean isStructure() {
    return !attributes.containsKey("type");
  }

  boolean isKind() {
    return attributes.containsKey("kind");
  }
}
