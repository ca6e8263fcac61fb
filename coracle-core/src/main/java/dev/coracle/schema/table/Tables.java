package dev.coracle.schema.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.time.Instant;
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
   * The cells of a built-in kind's object, as many as it has columns.
   *
   * @param now what ages are counted from
   */
  public static ArrayNode row(KubeObject object, Instant now) {
    GroupVersionKind gvk = object.gvk();
    Row row = Row.of(object, now);
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
    return row.cells();
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

  /** The cells of a custom resource: its name, then a cell for each printer column. */
  public static ArrayNode customRow(KubeObject object, JsonNode printerColumns, Instant now) {
    return CustomCells.row(object, printerColumns, now);
  }

  /**
   * A row's conditions: a Pod that has run to its end is {@code Completed}, which clients may leave
   * out.
   */
  public static ArrayNode conditions(KubeObject object) {
    ArrayNode conditions = Json.array();
    if (!object.kind().equals("Pod") || !object.apiVersion().equals("v1")) {
      return conditions;
    }
    String phase = object.text("status", "phase");
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
