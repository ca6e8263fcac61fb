package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import dev.coracle.schema.table.Tables;
import java.time.InstantSource;

/** The columns that each kind has, and those that CRDs declare. */
public final class SchemaTables implements TableView {

  private final Registry registry;
  private final InstantSource clock;

  public SchemaTables(Registry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
  }

  @Override
  public ArrayNode columns(ResourceType type) {
    return Tables.definitions(
        type.custom() ? Tables.columns(printerColumns(type)) : Tables.columns(type.gvk()));
  }

  @Override
  public ArrayNode cells(ResourceType type, KubeObject object) {
    return type.custom()
        ? Tables.customRow(object, printerColumns(type), clock.instant())
        : Tables.row(object, clock.instant());
  }

  @Override
  public ArrayNode conditions(KubeObject object) {
    return Tables.conditions(object);
  }

  /** {@code additionalPrinterColumns} of the type's version. */
  private JsonNode printerColumns(ResourceType type) {
    ResourceType definitions =
        registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    if (definitions != null) {
      try {
        KubeObject definition = registry.get(definitions, "", type.gvr().qualified(), "");
        for (JsonNode version : definition.at("spec", "versions")) {
          if (version.path("name").asText().equals(type.version())) {
            return version.path("additionalPrinterColumns");
          }
        }
      } catch (StatusException gone) {
        return Json.array();
      }
    }
    return Json.array();
  }
}
