package dev.coracle.schema;

import dev.coracle.api.GroupVersionKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The schemas of the built-in kinds. Nothing is read before it is asked for. Schemas of custom
 * resources are made by {@link CustomSchemas}.
 */
public final class Schemas {

  /** The definition of {@code metadata} everywhere. */
  public static final String OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

  private static final class Holder {
    private static final Schemas BUILT_IN = new Schemas();
  }

  private static final class Free {
    private static final Schema SCHEMA = schema();

    private static Schema schema() {
      Schema.Builder builder = new Schema.Builder();
      builder.type = Schema.Type.OBJECT;
      builder.custom = true;
      builder.preserveUnknownFields = true;
      return builder.build();
    }
  }

  /** The group and version of a package of definitions; both empty when it has no kinds. */
  private record Place(String packageName, String group, String version) {}

  private final Map<String, Place> places = new LinkedHashMap<>();
  private final Map<String, SchemaPackage> packages = new ConcurrentHashMap<>();

  private Schemas() {
    for (String line : SchemaPackage.resource("index").lines().toList()) {
      String[] words = line.split("\t", -1);
      int slash = words[1].indexOf('/');
      String group = slash < 0 ? "" : words[1].substring(0, slash);
      places.put(
          words[0],
          new Place(
              words[0],
              group.equals("core") ? "" : group,
              slash < 0 ? "" : words[1].substring(slash + 1)));
    }
  }

  /** The schema of an object of which nothing is known: every field is kept as it is. */
  public static Schema free() {
    return Free.SCHEMA;
  }

  /** The schemas that Coracle ships. */
  public static Schemas builtIn() {
    return Holder.BUILT_IN;
  }

  /** The schema of a kind, or null when it is not built in. */
  public @Nullable Schema find(GroupVersionKind kind) {
    for (Place place : places.values()) {
      if (place.version().equals(kind.version()) && place.group().equals(kind.group())) {
        SchemaPackage found = load(place.packageName());
        if (found.isKind(kind.kind())) {
          return found.find(kind.kind());
        }
      }
    }
    return null;
  }

  /**
   * The schema of a definition such as {@code io.k8s.api.core.v1.PodSpec}, or null when there is
   * none.
   */
  public @Nullable Schema definition(String name) {
    int dot = name.lastIndexOf('.');
    String packageName = dot < 0 ? "" : name.substring(0, dot);
    return places.containsKey(packageName) ? load(packageName).find(name.substring(dot + 1)) : null;
  }

  /** The names of all definitions, package by package. */
  public Collection<String> definitions() {
    List<String> names = new ArrayList<>();
    for (String packageName : places.keySet()) {
      for (String name : load(packageName).names()) {
        names.add(packageName + "." + name);
      }
    }
    return names;
  }

  /** The kind that a definition is the schema of, or null when it is not a whole object. */
  public @Nullable GroupVersionKind kind(String definition) {
    int dot = definition.lastIndexOf('.');
    Place place = places.get(dot < 0 ? "" : definition.substring(0, dot));
    if (place == null || !load(place.packageName()).isKind(definition.substring(dot + 1))) {
      return null;
    }
    return new GroupVersionKind(place.group(), place.version(), definition.substring(dot + 1));
  }

  /**
   * As {@link #definition}, of one that must be there.
   *
   * @throws IllegalStateException when there is none
   */
  public Schema required(String definition) {
    Schema found = definition(definition);
    if (found == null) {
      throw new IllegalStateException("no definition " + definition);
    }
    return found;
  }

  private SchemaPackage load(String packageName) {
    SchemaPackage known = packages.get(packageName);
    if (known != null) {
      return known;
    }
    return packages.computeIfAbsent(packageName, name -> new SchemaPackage(this, name));
  }
}
