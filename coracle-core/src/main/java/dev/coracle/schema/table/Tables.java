package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The entry to tables. Built-in kinds have cell functions; custom resources show their CRD
 * version's {@code additionalPrinterColumns}. Thread-safe.
 */
public final class Tables {

  private static final Map<GroupVersionKind, List<Column>> COLUMNS = new ConcurrentHashMap<>();

  private static final Map<GroupVersionKind, RowReader> READERS = new ConcurrentHashMap<>();

  private Tables() {}

  /** The columns of a built-in kind; name and creation time for one without columns of its own. */
  public static List<Column> columns(GroupVersionKind gvk) {
    return COLUMNS.computeIfAbsent(gvk, ColumnTable::of);
  }

  /**
   * The columns of a custom resource.
   *
   * @param printerColumns {@code additionalPrinterColumns} of its version; anything that is no
   *     array, or an empty one, means the age alone
   */
  public static List<Column> columns(JsonNode printerColumns) {
    return CustomCells.columns(printerColumns);
  }

  /** Columns as a Table's {@code columnDefinitions}. */
  public static ArrayNode definitions(List<Column> columns) {
    ArrayNode definitions = Json.array();
    for (Column column : columns) {
      definitions.add(column.toJson());
    }
    return definitions;
  }

  /**
   * What makes the rows of a built-in kind: from the fields that its cells show, where those are
   * known, else from the whole object.
   */
  public static RowReader reader(GroupVersionKind gvk) {
    return READERS.computeIfAbsent(gvk, Tables::newReader);
  }

  private static RowReader newReader(GroupVersionKind gvk) {
    Fields wanted = TableFields.of(gvk.group(), gvk.kind());
    return (object, now) ->
        row(gvk, wanted == null ? Row.of(object, now) : Row.of(object, wanted, now));
  }

  /**
   * What makes the rows of a custom resource: its name, then a cell for each printer column.
   *
   * @param printerColumns as {@link #columns(JsonNode)} takes them
   */
  public static RowReader reader(JsonNode printerColumns) {
    return new CustomCells(printerColumns);
  }

  static RowReader.Cells row(GroupVersionKind gvk, Row row) {
    switch (gvk.group()) {
      case "" -> core(gvk.kind(), row);
      case "apps", "batch" -> WorkloadCells.add(gvk.kind(), row);
      case "autoscaling", "policy" -> ScalingCells.add(gvk.kind(), row);
      case "networking.k8s.io", "discovery.k8s.io" -> NetworkCells.add(gvk.kind(), row);
      case "rbac.authorization.k8s.io" -> RbacCells.add(gvk.kind(), row);
      case "storage.k8s.io" -> StorageCells.add(gvk.kind(), row);
      case "events.k8s.io" -> EventCells.newer(row);
      default -> OtherCells.add(gvk.group(), gvk.kind(), row);
    }
    return new RowReader.Cells(row.cells(), conditions(gvk, row));
  }

  private static void core(String kind, Row row) {
    switch (kind) {
      case "Pod" -> PodCells.add(row);
      case "Node" -> NodeCells.add(row);
      case "Event" -> EventCells.core(row);
      case "Service", "Endpoints" -> NetworkCells.add(kind, row);
      case "ReplicationController", "PodTemplate" -> WorkloadCells.add(kind, row);
      case "PersistentVolume", "PersistentVolumeClaim" -> StorageCells.add(kind, row);
      default -> CoreCells.add(kind, row);
    }
  }

  private static ArrayNode conditions(GroupVersionKind gvk, Row row) {
    ArrayNode conditions = Json.array();
    if (!gvk.kind().equals("Pod") || !gvk.group().isEmpty()) {
      return conditions;
    }
    String phase = row.text("status", "phase");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      conditions
          .addObject()
          .put("type", "Completed")
          .put("status", "True")
          .put("reason", phase)
          .put(
              "message",
              phase.equals("Failed") ? "The pod failed." : "The pod has completed successfully.");
    }
    return conditions;
  }

  static List<Column> withName(List<Column> others) {
    List<Column> columns = new ArrayList<>(others.size() + 1);
    columns.add(ColumnTable.name(0));
    columns.addAll(others);
    return columns;
  }
}
