package dev.coracle.registry.strategy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.registry.Meta;
import dev.coracle.registry.resource.Resource;
import dev.coracle.registry.resource.Strategy;
import dev.coracle.registry.resource.Write;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * CRDs: their names are accepted, unless another CRD of the group has them, as they are written.
 */
public final class CustomResourceDefinitionStrategy implements Strategy {

  /** The finalizer that keeps a definition until its objects are gone. */
  public static final String CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

  private static final String APPROVED = "api-approved.kubernetes.io";

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
    return List.of(CLEANUP);
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
    ObjectNode status = Meta.child(object, "status");
    Taken taken = taken(object, spec);
    AcceptedNames names = AcceptedNames.of(spec.path("names"), status.path("acceptedNames"), taken);
    status.set("acceptedNames", names.json());
    boolean accepted = names.conflict().isEmpty();
    setCondition(
        write,
        status,
        "NamesAccepted",
        accepted,
        accepted ? "NoConflicts" : names.conflict(),
        accepted ? "no conflicts found" : names.message());
    if (accepted) {
      setCondition(
          write,
          status,
          "Established",
          true,
          "InitialNamesAccepted",
          "the initial names have been accepted");
    } else if (!hasCondition(status, "Established")) {
      setCondition(
          write, status, "Established", false, "NotAccepted", "not all names are accepted");
    }
    approve(write, object, Meta.text(spec, "group"), status);
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

  /** The names that other CRDs of a group have. */
  record Taken(Set<String> resources, Set<String> kinds) {}

  private Taken taken(ObjectNode object, JsonNode spec) {
    String name = Meta.text(Meta.of(object), "name");
    String group = Meta.text(spec, "group");
    Taken taken = new Taken(new HashSet<>(), new HashSet<>());
    definitions
        .get()
        .stored()
        .snapshot()
        .tree()
        .forEach(
            other -> {
              if (!other.name().equals(name) && other.text("spec", "group").equals(group)) {
                JsonNode accepted = other.at("status", "acceptedNames");
                taken.kinds().add(Meta.text(accepted, "kind"));
                taken.kinds().add(Meta.text(accepted, "listKind"));
                taken.resources().addAll(Meta.strings(accepted.path("shortNames")));
                taken.resources().add(Meta.text(accepted, "plural"));
                taken.resources().add(Meta.text(accepted, "singular"));
              }
            });
    return taken;
  }

  /** Groups of the Kubernetes community: whether somebody has allowed this API. */
  private static void approve(Write write, ObjectNode object, String group, ObjectNode status) {
    boolean community =
        group.equals("k8s.io")
            || group.endsWith(".k8s.io")
            || group.equals("kubernetes.io")
            || group.endsWith(".kubernetes.io");
    String said = Meta.text(Meta.of(object).path("annotations"), APPROVED);
    if (!community || said.isEmpty()) {
      return;
    }
    boolean approved = !said.startsWith("unapproved");
    setCondition(
        write,
        status,
        "KubernetesAPIApprovalPolicyConformant",
        approved,
        approved ? "ApprovedAnnotation" : "UnapprovedAnnotation",
        approved ? "approved in " + said : "not approved: \"" + said + "\"");
  }

  private static boolean hasCondition(ObjectNode status, String type) {
    for (JsonNode known : status.path("conditions")) {
      if (Meta.text(known, "type").equals(type)) {
        return true;
      }
    }
    return false;
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
