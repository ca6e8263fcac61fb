package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.Yaml;
import dev.coracle.schema.DeclaredDefaults;
import dev.coracle.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Field ownership: server-side apply, and the bookkeeping of every other write ("Server-Side Apply"
 * in the Kubernetes documentation, KEP-555).
 *
 * <p>Fields of managers that wrote in another version of the API are compared in that version.
 */
public final class ManagedFields {

  /** What is nobody's. */
  static final FieldSet UNOWNED =
      FieldSet.of(
          "apiVersion",
          "kind",
          "metadata",
          "metadata.name",
          "metadata.namespace",
          "metadata.creationTimestamp",
          "metadata.selfLink",
          "metadata.uid",
          "metadata.generation",
          "metadata.managedFields",
          "metadata.resourceVersion");

  private ManagedFields() {}

  /**
   * Reads the body of an apply patch.
   *
   * @param body YAML or JSON
   * @throws StatusException 400 when it is not an object of a kind, or says who owns what
   */
  public static ObjectNode parseApply(byte[] body) {
    JsonNode tree;
    try {
      tree = Yaml.read(body);
    } catch (IllegalArgumentException e) {
      throw StatusException.badRequest("error decoding YAML: " + e.getMessage());
    }
    if (!(tree instanceof ObjectNode object)) {
      throw StatusException.badRequest("error decoding YAML: the patch is not an object");
    }
    String apiVersion = object.path("apiVersion").asText();
    String kind = object.path("kind").asText();
    if (apiVersion.isEmpty() || kind.isEmpty()) {
      GroupVersionKind gvk = GroupVersionKind.of(apiVersion, kind);
      throw StatusException.badRequest(
          "invalid object type: " + gvk.group() + "/" + gvk.version() + ", Kind=" + gvk.kind());
    }
    JsonNode managedFields = object.path("metadata").path("managedFields");
    if (!managedFields.isMissingNode() && !managedFields.isNull()) {
      throw StatusException.badRequest("metadata.managedFields must be nil");
    }
    return object;
  }

  /**
   * Notes who changed what, for a create, an update or a plain patch. A client that sends no
   * managedFields, or none that can be read, keeps those of the live object; one that sends a list
   * with one empty entry clears them.
   *
   * @param live the stored object in the same version; null on create
   * @param now what it will be, decoded and with its defaults, but before the strategy prepares it
   *     and admission changes it (what these add is nobody's); its managedFields are replaced
   */
  public static void update(@Nullable ObjectNode live, ObjectNode now, FieldManager manager) {
    if (live == null || !UnchangedOwners.keep(live, now, manager)) {
      rewrite(live, now, manager);
    }
  }

  /** As {@link #update}, whatever changed. */
  static void rewrite(@Nullable ObjectNode live, ObjectNode now, FieldManager manager) {
    JsonNode sent = now.path("metadata").path("managedFields");
    boolean cleared = sent instanceof ArrayNode list && list.size() == 1 && list.get(0).isEmpty();
    ManagedEntries entries = ManagedEntries.of(cleared ? null : sent);
    if (!cleared && (entries.entries().isEmpty() || !manager.subresource().isEmpty())) {
      entries = ManagedEntries.of(live == null ? null : live.path("metadata").get("managedFields"));
    }
    ObjectNode plain = withoutManagedFields(now);
    boolean tracked = live == null || !entries.entries().isEmpty();
    if (tracked) {
      ObjectNode before =
          live == null ? DeclaredDefaults.zero(manager.schema()) : withoutManagedFields(live);
      note(entries, before, plain, manager);
      entries.cap();
    }
    write(now, entries);
  }

  private static void note(
      ManagedEntries entries, ObjectNode before, ObjectNode now, FieldManager manager) {
    FieldComparison comparison =
        FieldComparison.of(before, now, manager.schema()).without(manager.ignored());
    FieldSet changed = comparison.changed();
    ManagedEntries.Key self = ManagedEntries.updater(manager);
    entries.takeFromOthers(self, new VersionedChanges(before, now, manager, comparison));
    FieldSet owned = entries.fields(self).difference(comparison.removed());
    FieldSet mine = changed.difference(UNOWNED);
    entries.set(
        self,
        manager.apiVersion(),
        mine.isEmpty() ? null : Timestamps.seconds(manager.time()),
        owned.union(mine));
  }

  /**
   * Applies a configuration: what it says is merged into the live object and owned by the manager,
   * what the manager applied before and says no more is removed unless others own it.
   *
   * @param live the stored object in the same version; null when there is none yet
   * @param config from {@link #parseApply}
   * @param force takes what others own
   * @return a tree of the caller's own, with its managedFields, not yet decoded or defaulted
   * @throws StatusException 409 with the conflicts as causes; 500 when the configuration has fields
   *     or values that the schema does not know
   */
  public static ObjectNode apply(
      @Nullable ObjectNode live, ObjectNode config, FieldManager manager, boolean force) {
    String apiVersion = config.path("apiVersion").asText();
    if (!apiVersion.equals(manager.apiVersion())) {
      throw StatusException.badRequest(
          "Incorrect version specified in apply patch. Specified patch version: "
              + apiVersion
              + ", expected: "
              + manager.apiVersion());
    }
    Schema schema = manager.schema();
    ConfigurationCheck.check(config, schema);
    ObjectNode before = live == null ? identity(config) : withoutManagedFields(live);
    ManagedEntries entries =
        ManagedEntries.of(live == null ? null : live.path("metadata").get("managedFields"));
    if (live != null && entries.entries().isEmpty()) {
      ObjectNode nothing = DeclaredDefaults.zero(schema);
      note(
          entries,
          nothing,
          before,
          new FieldManager(
              "before-first-apply",
              manager.apiVersion(),
              "",
              manager.time(),
              schema,
              FieldSet.EMPTY,
              manager.versions()));
    }
    ManagedEntries.Key self = ManagedEntries.applier(manager);
    FieldSet last = entries.fields(self).withoutAll(manager.ignored());
    ManagedEntries.Entry lastEntry = entries.entries().get(self);
    String lastVersion = lastEntry == null ? manager.apiVersion() : lastEntry.apiVersion();
    FieldSet said = FieldSets.of(config, schema).withoutAll(manager.ignored());
    FieldSet set = said.difference(UNOWNED);
    JsonNode merged = FieldSets.merge(before, config, schema);
    entries.set(self, manager.apiVersion(), null, set);
    ObjectNode whole = merged instanceof ObjectNode object ? object : before;
    ObjectNode result = pruned(whole, entries.all().union(said), last, lastVersion, manager);
    FieldComparison comparison =
        FieldComparison.of(before, result, schema).without(manager.ignored());
    VersionedChanges changes = new VersionedChanges(before, result, manager, comparison);
    if (!force) {
      refuseConflicts(entries, self, changes);
    }
    entries.takeFromOthers(self, changes);
    if (live == null || !result.equals(before)) {
      entries.set(self, manager.apiVersion(), Timestamps.seconds(manager.time()), set);
    }
    ObjectNode written = result.deepCopy();
    write(written, entries);
    return written;
  }

  /** What even an empty object of the kind has. */
  private static ObjectNode identity(ObjectNode config) {
    ObjectNode identity = Json.object();
    identity.set("apiVersion", config.get("apiVersion"));
    identity.set("kind", config.get("kind"));
    return identity;
  }

  /** As {@link #prune}, in the version in which the manager applied last time. */
  private static ObjectNode pruned(
      ObjectNode merged, FieldSet owned, FieldSet last, String lastVersion, FieldManager manager) {
    Schema schema =
        lastVersion.equals(manager.apiVersion()) ? null : manager.versions().schema(lastVersion);
    if (schema == null) {
      return prune(merged, owned, last, manager.schema());
    }
    ObjectNode then = manager.versions().convert(merged, lastVersion);
    FieldSet said = FieldSets.of(merged, manager.schema()).intersection(owned);
    ObjectNode mine = named(merged, said, manager.schema());
    FieldSet kept = FieldSets.of(manager.versions().convert(mine, lastVersion), schema);
    ObjectNode left = prune(then, owned.union(kept), last, schema);
    return left.equals(then) ? merged : manager.versions().convert(left, manager.apiVersion());
  }

  /** Only those fields of an object, and what tells which object it is. */
  private static ObjectNode named(ObjectNode object, FieldSet fields, Schema schema) {
    FieldSet others =
        FieldSets.withNamedFields(FieldSets.of(object, schema), schema)
            .difference(FieldSets.withNamedFields(fields, schema));
    JsonNode rest = FieldSets.remove(object, others, schema);
    ObjectNode only = rest instanceof ObjectNode own ? own.deepCopy() : Json.object();
    for (String field : new String[] {"apiVersion", "kind", "metadata"}) {
      if (object.has(field)) {
        only.set(field, object.get(field));
      }
    }
    return only;
  }

  /** Removes what the manager applied last time, says no more, and nobody else owns. */
  private static ObjectNode prune(ObjectNode merged, FieldSet owned, FieldSet last, Schema schema) {
    if (last.isEmpty()) {
      return merged;
    }
    FieldSet lastNamed = FieldSets.withNamedFields(last, schema);
    FieldSet mergedNamed = FieldSets.withNamedFields(FieldSets.of(merged, schema), schema);
    JsonNode without = FieldSets.remove(merged, lastNamed, schema);
    FieldSet kept = named(without, schema).union(FieldSets.withNamedFields(owned, schema));
    JsonNode owners = FieldSets.remove(merged, mergedNamed.difference(kept), schema);
    FieldSet gone = mergedNamed.difference(named(owners, schema)).intersection(lastNamed);
    return FieldSets.remove(merged, gone, schema) instanceof ObjectNode object
        ? object
        : Json.object();
  }

  private static FieldSet named(JsonNode value, Schema schema) {
    return FieldSets.withNamedFields(FieldSets.of(value, schema), schema);
  }

  private static void refuseConflicts(
      ManagedEntries entries, ManagedEntries.Key self, VersionedChanges changes) {
    Map<String, List<String>> conflicts = new TreeMap<>();
    for (Map.Entry<ManagedEntries.Key, ManagedEntries.Entry> each : entries.entries().entrySet()) {
      if (each.getKey().equals(self)) {
        continue;
      }
      FieldSet changed = changes.changed(each.getValue().apiVersion());
      List<String> paths = each.getValue().fields().intersection(changed).paths();
      if (!paths.isEmpty()) {
        conflicts.computeIfAbsent(shown(each.getKey()), name -> new ArrayList<>()).addAll(paths);
      }
    }
    if (conflicts.isEmpty()) {
      return;
    }
    List<StatusCause> causes = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    conflicts.forEach(
        (who, paths) -> {
          for (String path : paths) {
            causes.add(new StatusCause("FieldManagerConflict", "conflict with " + who, path));
          }
          texts.add("conflicts with " + who + ":\n- " + String.join("\n- ", paths));
        });
    String message =
        causes.size() == 1
            ? "Apply failed with 1 conflict: "
                + causes.getFirst().message()
                + ": "
                + causes.getFirst().field()
            : "Apply failed with " + causes.size() + " conflicts: " + String.join("\n", texts);
    throw new StatusException(
        new Status(409, "Conflict", message, new Status.Details("", "", "", "", causes, 0)));
  }

  private static String shown(ManagedEntries.Key key) {
    String name = '"' + key.manager() + '"';
    if (!key.subresource().isEmpty()) {
      name += " with subresource \"" + key.subresource() + '"';
    }
    return key.operation().equals(ManagedEntries.UPDATE)
        ? name + " using " + key.apiVersion()
        : name;
  }

  static ObjectNode withoutManagedFields(ObjectNode object) {
    if (!object.path("metadata").has("managedFields")) {
      return object;
    }
    ObjectNode plain = Json.object();
    plain.setAll(object);
    ObjectNode metadata = Json.object();
    metadata.setAll((ObjectNode) object.get("metadata"));
    metadata.remove("managedFields");
    plain.set("metadata", metadata);
    return plain;
  }

  private static void write(ObjectNode object, ManagedEntries entries) {
    ObjectNode metadata =
        object.get("metadata") instanceof ObjectNode known ? known : object.putObject("metadata");
    metadata.remove("managedFields");
    if (!entries.entries().isEmpty()) {
      metadata.set("managedFields", entries.toJson());
    }
  }
}
