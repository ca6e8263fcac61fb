package dev.coracle.apiserver.encoding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.registry.Registry;
import dev.coracle.registry.ResourceType;
import dev.coracle.schema.table.RowReader;
import dev.coracle.schema.table.Tables;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Objects as {@code meta.k8s.io/v1 Table}, which is what {@code kubectl get} prints: with the
 * columns that each kind has, and those that CRDs declare.
 */
public final class SchemaTables {

  private final Registry registry;
  private final InstantSource clock;

  /** By a definition's name and version; what a change of the definition made of it is replaced. */
  private final Map<String, Declared> declared = new ConcurrentHashMap<>();

  /**
   * @param definition null when it is gone
   */
  private record Declared(
      @Nullable KubeObject definition, JsonNode printerColumns, RowReader reader) {}

  public SchemaTables(Registry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /**
   * A whole table.
   *
   * @param withColumns false for all events of a watch but the first
   * @param meta the apiVersion of the Table
   */
  TableBytes table(
      ResourceType type,
      List<KubeObject> objects,
      ObjectNode metadata,
      TableBytes.Include include,
      boolean withColumns,
      String meta) {
    @Nullable Declared custom = type.custom() ? declared(type) : null;
    return new TableBytes(
        metadata,
        withColumns ? columns(type, custom) : JsonNodeFactory.instance.nullNode(),
        objects,
        custom == null ? Tables.reader(type.gvk()) : custom.reader(),
        include,
        meta,
        clock.instant());
  }

  private static ArrayNode columns(ResourceType type, @Nullable Declared custom) {
    return Tables.definitions(
        custom == null ? Tables.columns(type.gvk()) : Tables.columns(custom.printerColumns()));
  }

  /** {@code additionalPrinterColumns} of the type's version. */
  private Declared declared(ResourceType type) {
    String name = type.gvr().qualified();
    KubeObject definition = definition(name);
    String key = name + "/" + type.version();
    Declared known = declared.get(key);
    if (known != null && known.definition() == definition) {
      return known;
    }
    JsonNode columns = Json.array();
    if (definition != null) {
      for (JsonNode version : definition.at("spec", "versions")) {
        if (version.path("name").asText().equals(type.version())) {
          columns = version.path("additionalPrinterColumns");
        }
      }
    }
    Declared fresh = new Declared(definition, columns, Tables.reader(columns));
    declared.put(key, fresh);
    return fresh;
  }

  private @Nullable KubeObject definition(String name) {
    ResourceType definitions =
        registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    try {
      return definitions == null ? null : registry.get(definitions, "", name, "");
    } catch (StatusException gone) {
      return null;
    }
  }
}
