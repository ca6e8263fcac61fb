package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.schema.Schema;
import java.util.HashMap;
import java.util.Map;

/**
 * What a write changed, in the words of each version of the object: a manager's fields are those of
 * the version in which it wrote.
 */
final class VersionedChanges {

  private final ObjectNode before;
  private final ObjectNode now;
  private final FieldManager manager;
  private final FieldComparison own;
  private final Map<String, FieldComparison> byVersion = new HashMap<>();

  VersionedChanges(ObjectNode before, ObjectNode now, FieldManager manager, FieldComparison own) {
    this.before = before;
    this.now = now;
    this.manager = manager;
    this.own = own;
    byVersion.put(manager.apiVersion(), own);
  }

  FieldSet changed(String apiVersion) {
    return in(apiVersion).changed();
  }

  /** What is another's no more. */
  FieldSet taken(String apiVersion) {
    FieldComparison comparison = in(apiVersion);
    return comparison.changed().union(comparison.removed());
  }

  private FieldComparison in(String apiVersion) {
    FieldComparison known = byVersion.get(apiVersion);
    if (known == null) {
      known = compare(apiVersion);
      byVersion.put(apiVersion, known);
    }
    return known;
  }

  private FieldComparison compare(String apiVersion) {
    Schema schema = manager.versions().schema(apiVersion);
    if (schema == null) {
      return own;
    }
    return FieldComparison.of(
            manager.versions().convert(before, apiVersion),
            manager.versions().convert(now, apiVersion),
            schema)
        .without(manager.ignored());
  }
}
