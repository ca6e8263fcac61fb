package dev.coracle.schema.validation.field;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Names;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** {@code metadata} of every kind. */
public final class MetadataValidation {

  private static final int ANNOTATIONS_LIMIT = 256 * 1024;
  private static final Set<String> STANDARD_FINALIZERS =
      Set.of("kubernetes", "orphan", "foregroundDeletion");

  /** What a kind's names must be. */
  public enum NameRule {
    SUBDOMAIN,
    LABEL,
    LABEL_1035,
    PATH_SEGMENT,
    IP_ADDRESS
  }

  private MetadataValidation() {}

  /**
   * @param builtIn whether a finalizer must have a path or be one that Kubernetes knows
   */
  public static void validate(Field metadata, NameRule rule, boolean builtIn) {
    Field generate = metadata.child("generateName");
    if (!generate.blank()) {
      String prefix = generate.text();
      boolean dash = prefix.length() > 1 && prefix.endsWith("-");
      generate.invalid(name(dash ? prefix.substring(0, prefix.length() - 2) + "a" : prefix, rule));
    }
    Field name = metadata.child("name");
    if (!name.blank()) {
      name.invalid(name(name.text(), rule));
    } else if (generate.blank()) {
      name.required("name or generateName is required");
    }
    metadata.child("namespace").dnsLabel();
    metadata.child("generation").nonNegative();
    labels(metadata.child("labels"));
    annotations(metadata.child("annotations"));
    owners(metadata.child("ownerReferences"));
    finalizers(metadata.child("finalizers"), builtIn);
  }

  static List<String> name(String name, NameRule rule) {
    return switch (rule) {
      case SUBDOMAIN -> Names.dns1123Subdomain(name);
      case LABEL -> Names.dns1123Label(name);
      case LABEL_1035 -> Names.dns1035Label(name);
      case PATH_SEGMENT -> pathSegment(name);
      case IP_ADDRESS -> Addresses.strictIp(name);
    };
  }

  public static List<String> pathSegment(String name) {
    if (name.equals(".") || name.equals("..")) {
      return List.of("may not be '" + name + "'");
    }
    List<String> messages = new ArrayList<>();
    if (name.indexOf('/') >= 0) {
      messages.add("may not contain '/'");
    }
    if (name.indexOf('%') >= 0) {
      messages.add("may not contain '%'");
    }
    return messages;
  }

  /** A map of labels, or a selector of that form: errors are at the map, not at the key. */
  public static void labels(Field labels) {
    for (Map.Entry<String, JsonNode> label : labels.json().properties()) {
      labels.errors().invalid(labels.path(), label.getKey(), Names.qualifiedName(label.getKey()));
      String value = label.getValue().asText("");
      labels.errors().invalid(labels.path(), value, Names.labelValue(value));
    }
  }

  public static void annotations(Field annotations) {
    int size = 0;
    for (Map.Entry<String, JsonNode> annotation : annotations.json().properties()) {
      String key = annotation.getKey();
      annotations
          .errors()
          .invalid(annotations.path(), key, Names.qualifiedName(key.toLowerCase(Locale.ROOT)));
      size += FieldErrors.bytes(key) + FieldErrors.bytes(annotation.getValue().asText(""));
    }
    if (size > ANNOTATIONS_LIMIT) {
      annotations.errors().tooLong(annotations.path(), ANNOTATIONS_LIMIT);
    }
  }

  private static void owners(Field owners) {
    String controller = "";
    for (Field owner : owners.items()) {
      Field flat = owner.at(owners.path());
      String version = owner.text("apiVersion");
      if (version.isEmpty()) {
        flat.child("apiVersion")
            .errors()
            .invalid(owners.path().child("apiVersion"), version, "version must not be empty");
      }
      for (String field : new String[] {"kind", "name", "uid"}) {
        if (owner.text(field).isEmpty()) {
          owners.errors().invalid(owners.path().child(field), "", "must not be empty");
        }
      }
      if (version.equals("v1") && owner.text("kind").equals("Event")) {
        flat.invalid("/v1, Kind=Event is disallowed from being an owner");
      }
      if (owner.flag("controller")) {
        if (!controller.isEmpty()) {
          owners.invalid(
              "Only one reference can have Controller set to true. Found \"true\" in references for "
                  + controller
                  + " and "
                  + owner.text("name"));
        }
        controller = owner.text("name");
      }
    }
  }

  /** What of the finalizers of a custom resource may collide with others. */
  public static List<String> finalizerWarnings(JsonNode metadata, JsonNode before) {
    Set<String> known = new HashSet<>();
    before.path("finalizers").forEach(finalizer -> known.add(finalizer.asText("")));
    Set<String> added = new TreeSet<>();
    metadata.path("finalizers").forEach(finalizer -> added.add(finalizer.asText("")));
    List<String> warnings = new ArrayList<>();
    for (String name : added) {
      boolean standard =
          name.equals("orphan")
              || name.equals("foregroundDeletion")
              || name.equals("customresourcecleanup.apiextensions.k8s.io");
      if (!known.contains(name) && name.indexOf('/') < 0 && !standard) {
        warnings.add(
            "metadata.finalizers: "
                + FieldErrors.quoted(name)
                + ": prefer a domain-qualified finalizer name including a path (/) to avoid"
                + " accidental conflicts with other finalizer writers");
      }
    }
    return warnings;
  }

  private static void finalizers(Field finalizers, boolean builtIn) {
    boolean orphan = false;
    boolean foreground = false;
    for (Field finalizer : finalizers.items()) {
      String name = finalizer.text();
      orphan |= name.equals("orphan");
      foreground |= name.equals("foregroundDeletion");
      List<String> wrong = Names.qualifiedName(name);
      finalizer.invalid(wrong);
      if (builtIn && name.indexOf('/') < 0 && !STANDARD_FINALIZERS.contains(name)) {
        finalizer.invalid("name is neither a standard finalizer name nor is it fully qualified");
      }
    }
    if (orphan && foreground) {
      finalizers.invalid("finalizer orphan and foregroundDeletion cannot be both set");
    }
  }

  public static void update(Field metadata, ObjectNode old) {
    JsonNode before = old.path("metadata");
    for (String field : new String[] {"name", "namespace", "uid", "creationTimestamp"}) {
      Field now = metadata.child(field);
      if (now.present() && before.hasNonNull(field)) {
        now.immutable(before.path(field));
      }
    }
    if (before.hasNonNull("deletionTimestamp")) {
      List<String> added = new ArrayList<>();
      for (Field finalizer : metadata.child("finalizers").items()) {
        boolean known = false;
        for (JsonNode one : before.path("finalizers")) {
          known |= one.equals(finalizer.json());
        }
        if (!known) {
          added.add(FieldErrors.quoted(finalizer.text()));
        }
      }
      if (!added.isEmpty()) {
        metadata
            .child("finalizers")
            .forbidden(
                "no new finalizers can be added if the object is being deleted, found new"
                    + " finalizers []string{"
                    + String.join(", ", added)
                    + "}");
      }
    }
  }
}
