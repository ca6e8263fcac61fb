package dev.coracle.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * CRDs: their names are accepted, unless another CRD of the group has them, as they are written.
 */
final class CustomResourceDefinitionStrategy implements Strategy {

  private final Supplier<Resource> definitions;

  CustomResourceDefinitionStrategy(Supplier<Resource> definitions) {
    this.definitions = definitions;
  }

  @Override
  public void prepareForCreate(Write write, ObjectNode object) {
    accept(write, object);
  }

  @Override
  public void prepareForUpdate(Write write, ObjectNode object, KubeObject old) {
    if (write.subresource().isEmpty()) {
      accept(write, object);
    }
  }

  @Override
  public boolean updatesUnconditionally() {
    return false;
  }

  @Override
  public List<String> deletionFinalizers() {
    return List.of(CustomResources.CLEANUP);
  }

  /** Its deletion is no change of what is wanted, and knows no grace. */
  @Override
  public void prepareForDeletion(Write write, ObjectNode object) {
    ObjectNode metadata = Meta.of(object);
    if (metadata.remove("deletionGracePeriodSeconds") != null) {
      metadata.put("generation", metadata.path("generation").asLong() - 1);
    }
    setCondition(
        write,
        Meta.child(object, "status"),
        "Terminating",
        true,
        "InstanceDeletionPending",
        "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon");
  }

  private void accept(Write write, ObjectNode object) {
    JsonNode spec = object.path("spec");
    JsonNode names = spec.path("names");
    ObjectNode status = Meta.child(object, "status");
    String conflict = conflict(object, spec, names);
    if (conflict == null) {
      status.set("acceptedNames", names.deepCopy());
      setCondition(write, status, "NamesAccepted", true, "NoConflicts", "no conflicts found");
      setCondition(
          write,
          status,
          "Established",
          true,
          "InitialNamesAccepted",
          "the initial names have been accepted");
    } else {
      if (!status.has("acceptedNames")) {
        status.putObject("acceptedNames").put("plural", "").put("kind", "");
      }
      setCondition(write, status, "NamesAccepted", false, "KindConflict", conflict);
      if (Meta.text(status.path("acceptedNames"), "kind").isEmpty()) {
        setCondition(
            write, status, "Established", false, "NotAccepted", "not all names are accepted");
      }
    }
    ArrayNode stored =
        status.get("storedVersions") instanceof ArrayNode there
            ? there
            : status.putArray("storedVersions");
    for (JsonNode version : spec.path("versions")) {
      String name = Meta.text(version, "name");
      if (version.path("storage").asBoolean(false) && !Meta.strings(stored).contains(name)) {
        stored.add(name);
      }
    }
  }

  /** Which of its names another CRD of the same group has; null when none is taken. */
  private @Nullable String conflict(ObjectNode object, JsonNode spec, JsonNode names) {
    String name = Meta.text(Meta.of(object), "name");
    String group = Meta.text(spec, "group");
    Set<String> kinds = new HashSet<>();
    Set<String> resources = new HashSet<>();
    definitions
        .get()
        .stored()
        .snapshot()
        .tree()
        .forEach(
            other -> {
              if (other.name().equals(name) || !other.text("spec", "group").equals(group)) {
                return;
              }
              JsonNode accepted = other.at("status", "acceptedNames");
              kinds.add(Meta.text(accepted, "kind"));
              kinds.add(Meta.text(accepted, "listKind"));
              resources.addAll(resourceNames(accepted));
            });
    for (String word : resourceNames(names)) {
      if (resources.contains(word)) {
        return "\"" + word + "\" is already in use";
      }
    }
    for (String word : List.of(Meta.text(names, "kind"), Meta.text(names, "listKind"))) {
      if (!word.isEmpty() && kinds.contains(word)) {
        return "\"" + word + "\" is already in use";
      }
    }
    return null;
  }

  private static List<String> resourceNames(JsonNode names) {
    List<String> words = new ArrayList<>(Meta.strings(names.path("shortNames")));
    words.add(Meta.text(names, "plural"));
    words.add(Meta.text(names, "singular"));
    words.removeIf(String::isEmpty);
    return words;
  }

  private static void setCondition(
      Write write, ObjectNode status, String type, boolean holds, String reason, String message) {
    ArrayNode conditions =
        status.get("conditions") instanceof ArrayNode there ? there : status.putArray("conditions");
    String value = holds ? "True" : "False";
    for (JsonNode known : conditions) {
      if (Meta.text(known, "type").equals(type) && known instanceof ObjectNode condition) {
        if (!Meta.text(condition, "status").equals(value)) {
          condition.put("lastTransitionTime", Timestamps.seconds(write.now()));
        }
        condition.put("status", value).put("reason", reason).put("message", message);
        return;
      }
    }
    conditions
        .addObject()
        .put("lastTransitionTime", Timestamps.seconds(write.now()))
        .put("message", message)
        .put("reason", reason)
        .put("status", value)
        .put("type", type);
  }
}
