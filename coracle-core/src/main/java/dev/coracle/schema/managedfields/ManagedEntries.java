package dev.coracle.schema.managedfields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code metadata.managedFields}: who owns what. */
final class ManagedEntries {

  static final String APPLY = "Apply";
  static final String UPDATE = "Update";

  /** So many managers that only update are told apart. */
  private static final int MOST_UPDATERS = 10;

  /**
   * Who.
   *
   * @param apiVersion empty for those that apply: they are the same manager in every version
   */
  record Key(String manager, String operation, String apiVersion, String subresource) {

    // Written out, as that of GroupVersionResource is.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that
          && manager.equals(that.manager)
          && operation.equals(that.operation)
          && apiVersion.equals(that.apiVersion)
          && subresource.equals(that.subresource);
    }

    @Override
    public int hashCode() {
      int hash = 31 * manager.hashCode() + operation.hashCode();
      hash = 31 * hash + apiVersion.hashCode();
      return 31 * hash + subresource.hashCode();
    }
  }

  /**
   * What.
   *
   * @param time RFC 3339; empty for none
   */
  record Entry(String apiVersion, String time, FieldSet fields) {}

  private final Map<Key, Entry> entries = new LinkedHashMap<>();

  static Key applier(FieldManager manager) {
    return new Key(manager.name(), APPLY, "", manager.subresource());
  }

  static Key updater(FieldManager manager) {
    return new Key(manager.name(), UPDATE, manager.apiVersion(), manager.subresource());
  }

  static ManagedEntries of(@Nullable JsonNode managedFields) {
    ManagedEntries read = new ManagedEntries();
    if (managedFields instanceof ArrayNode array) {
      for (JsonNode item : array) {
        String operation = item.path("operation").asText();
        String apiVersion = item.path("apiVersion").asText();
        if (operation.isEmpty()) {
          continue;
        }
        Key key =
            new Key(
                item.path("manager").asText(),
                operation,
                operation.equals(APPLY) ? "" : apiVersion,
                item.path("subresource").asText());
        Entry entry =
            new Entry(
                apiVersion, item.path("time").asText(), FieldSet.fromJson(item.path("fieldsV1")));
        read.entries.merge(
            key,
            entry,
            (one, two) ->
                new Entry(two.apiVersion(), two.time(), one.fields().union(two.fields())));
      }
    }
    return read;
  }

  Map<Key, Entry> entries() {
    return entries;
  }

  FieldSet fields(Key key) {
    Entry entry = entries.get(key);
    return entry == null ? FieldSet.EMPTY : entry.fields();
  }

  /** Changes what a manager owns; one that owns nothing is forgotten. */
  void set(Key key, String apiVersion, @Nullable String time, FieldSet fields) {
    Entry known = entries.get(key);
    String since = time != null ? time : known == null ? "" : known.time();
    if (fields.isEmpty()) {
      entries.remove(key);
    } else {
      entries.put(key, new Entry(apiVersion, since, fields));
    }
  }

  /** Takes what changed away from everybody but one. */
  void takeFromOthers(Key except, VersionedChanges changes) {
    for (Map.Entry<Key, Entry> each : List.copyOf(entries.entrySet())) {
      if (!each.getKey().equals(except)) {
        Entry entry = each.getValue();
        FieldSet taken = changes.taken(entry.apiVersion());
        set(each.getKey(), entry.apiVersion(), null, entry.fields().difference(taken));
      }
    }
  }

  /** Everything that anybody owns. */
  FieldSet all() {
    FieldSet all = FieldSet.EMPTY;
    for (Entry entry : entries.values()) {
      all = all.union(entry.fields());
    }
    return all;
  }

  /** Joins the oldest updaters when there are too many. */
  void cap() {
    List<Key> updaters = new ArrayList<>();
    for (Key key : entries.keySet()) {
      if (key.operation().equals(UPDATE) && key.subresource().isEmpty()) {
        updaters.add(key);
      }
    }
    updaters.sort(Comparator.comparing(this::time));
    for (int i = 0; i < updaters.size() - MOST_UPDATERS; i++) {
      Entry old = entries.remove(updaters.get(i));
      if (old != null) {
        Key ancient = new Key("ancient-changes", UPDATE, old.apiVersion(), "");
        set(ancient, old.apiVersion(), old.time(), fields(ancient).union(old.fields()));
      }
    }
  }

  private String time(Key key) {
    Entry entry = entries.get(key);
    return entry == null ? "" : entry.time();
  }

  ArrayNode toJson() {
    List<Map.Entry<Key, Entry>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(
        Comparator.comparing((Map.Entry<Key, Entry> each) -> each.getKey().operation())
            .thenComparing(each -> each.getValue().time())
            .thenComparing(each -> each.getKey().manager())
            .thenComparing(each -> each.getValue().apiVersion())
            .thenComparing(each -> each.getKey().subresource()));
    ArrayNode array = Json.array();
    for (Map.Entry<Key, Entry> each : sorted) {
      ObjectNode item = array.addObject();
      item.put("manager", each.getKey().manager());
      item.put("operation", each.getKey().operation());
      item.put("apiVersion", each.getValue().apiVersion());
      if (!each.getValue().time().isEmpty()) {
        item.put("time", each.getValue().time());
      }
      item.put("fieldsType", "FieldsV1");
      item.set("fieldsV1", each.getValue().fields().toJson());
      if (!each.getKey().subresource().isEmpty()) {
        item.put("subresource", each.getKey().subresource());
      }
    }
    return array;
  }
}
