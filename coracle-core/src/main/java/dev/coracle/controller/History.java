package dev.coracle.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ControllerRevisions of a DaemonSet or StatefulSet: one for each template it had, numbered,
 * the newest of which is the one to roll out.
 */
public final class History {

  /** No more of an owner's name goes into that of a revision. */
  private static final int LONGEST_PREFIX = 223;

  /**
   * @param current the revision of the owner's template
   * @param old those of other templates, oldest first
   * @param duplicates others of the same template: made by hand
   * @param collisions how many names were taken by others until the current one got its own
   */
  public record Revisions(
      KubeObject current, List<KubeObject> old, List<KubeObject> duplicates, int collisions) {

    public @Nullable KubeObject find(String name) {
      if (current.name().equals(name)) {
        return current;
      }
      return Stream.concat(old.stream(), duplicates.stream())
          .filter(revision -> revision.name().equals(name))
          .findFirst()
          .orElse(null);
    }
  }

  private final ControllerContext context;
  private final GroupVersionResource owners;
  private final String hashLabel;
  private final SharedInformer revisions;

  /**
   * @param owners the resource whose history this is
   * @param hashLabel the label that carries a revision's hash
   */
  public History(ControllerContext context, GroupVersionResource owners, String hashLabel) {
    this.context = context;
    this.owners = owners;
    this.hashLabel = hashLabel;
    this.revisions = context.informers().of(Resources.CONTROLLER_REVISIONS);
  }

  /** The cache that {@link #sync} reads. */
  public SharedInformer informer() {
    return revisions;
  }

  /** Fills the cache that {@link #sync} reads. */
  public void await() throws InterruptedException {
    Pods.index(revisions);
    revisions.awaitSync();
  }

  /**
   * What a revision keeps: the template, in a patch that replaces it. Clients compare its bytes
   * with those of a template of theirs (kubectl rollout undo, Kubernetes' conformance tests), so
   * its fields are sorted by name, all the way down.
   */
  private static ObjectNode data(KubeObject owner) {
    ObjectNode data = Json.object();
    ObjectNode template = owner.at("spec", "template").deepCopy();
    template.put("$patch", "replace");
    data.putObject("spec").set("template", sortedFields(template));
    return data;
  }

  private static JsonNode sortedFields(JsonNode node) {
    if (node instanceof ObjectNode object) {
      TreeMap<String, JsonNode> fields = new TreeMap<>();
      object
          .properties()
          .forEach(field -> fields.put(field.getKey(), sortedFields(field.getValue())));
      ObjectNode sorted = Json.object();
      sorted.setAll(fields);
      return sorted;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode sorted = Json.mapper().createArrayNode();
      array.forEach(element -> sorted.add(sortedFields(element)));
      return sorted;
    }
    return node;
  }

  /** The template that a revision keeps. */
  public static JsonNode template(KubeObject revision) {
    ObjectNode template = revision.at("data", "spec", "template").deepCopy();
    template.remove("$patch");
    return template;
  }

  /** The owner's revisions as they are: null when none is of its template. */
  public @Nullable Revisions find(KubeObject owner) {
    List<KubeObject> all = sorted(Pods.controlledBy(revisions, owner.uid()));
    KubeObject current = newestOf(all, data(owner));
    return current == null ? null : revisions(current, all, collisions(owner));
  }

  /**
   * The owner's revisions, after making one for its template if there is none; one that is there is
   * numbered as the newest again.
   */
  public Revisions sync(KubeObject owner, LabelSelector selector) {
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(revisions, owner.uid()));
    candidates.addAll(Pods.orphans(revisions, owner.namespace()));
    List<KubeObject> all =
        sorted(
            Owners.claim(
                context.client(),
                owners,
                owner,
                selector,
                Resources.CONTROLLER_REVISIONS,
                candidates));
    ObjectNode data = data(owner);
    long newest = all.isEmpty() ? 0 : number(all.getLast());
    KubeObject current = newestOf(all, data);
    if (current == null) {
      return create(owner, data, newest + 1, all);
    }
    if (number(current) < newest) {
      ObjectNode tree = current.mutableTree();
      tree.put("revision", newest + 1);
      current =
          context
              .client()
              .update(Resources.CONTROLLER_REVISIONS, owner.namespace(), current.name(), tree);
    }
    return revisions(labelled(current), all, collisions(owner));
  }

  /** A revision without a hash, made by hand, goes by its name. */
  private KubeObject labelled(KubeObject revision) {
    if (revision.labels().containsKey(hashLabel)) {
      return revision;
    }
    ObjectNode tree = revision.mutableTree();
    tree.withObject("/metadata").withObject("/labels").put(hashLabel, revision.name());
    return context
        .client()
        .update(Resources.CONTROLLER_REVISIONS, revision.namespace(), revision.name(), tree);
  }

  private static Revisions revisions(KubeObject current, List<KubeObject> all, int collisions) {
    List<KubeObject> old = new ArrayList<>();
    List<KubeObject> duplicates = new ArrayList<>();
    for (KubeObject other : all) {
      if (!other.name().equals(current.name())) {
        boolean same = Trees.same(other.at("data"), current.at("data"));
        (same ? duplicates : old).add(other);
      }
    }
    return new Revisions(current, List.copyOf(old), List.copyOf(duplicates), collisions);
  }

  private static List<KubeObject> sorted(List<KubeObject> all) {
    return all.stream()
        .sorted(Comparator.comparingLong(History::number).thenComparing(KubeObject::name))
        .toList();
  }

  private static @Nullable KubeObject newestOf(List<KubeObject> sorted, ObjectNode data) {
    return sorted.reversed().stream()
        .filter(revision -> Trees.same(revision.at("data"), data))
        .findFirst()
        .orElse(null);
  }

  private static int collisions(KubeObject owner) {
    return owner.at("status", "collisionCount").asInt();
  }

  public static long number(KubeObject revision) {
    return revision.at("revision").asLong();
  }

  private Revisions create(
      KubeObject owner, ObjectNode data, long number, List<KubeObject> others) {
    for (int collisions = collisions(owner); ; collisions++) {
      ObjectNode tree = revision(owner, data, number, collisions);
      try {
        KubeObject created =
            context.client().create(Resources.CONTROLLER_REVISIONS, owner.namespace(), tree);
        return revisions(created, others, collisions);
      } catch (StatusException e) {
        if (!e.isAlreadyExists()) {
          throw e;
        }
        KubeObject there =
            context
                .client()
                .get(
                    Resources.CONTROLLER_REVISIONS,
                    owner.namespace(),
                    tree.path("metadata").path("name").asText());
        if (Owners.isControlledBy(there, owner) && Trees.same(there.at("data"), data)) {
          return revisions(there, others, collisions);
        }
      }
    }
  }

  private ObjectNode revision(KubeObject owner, ObjectNode data, long number, int collisions) {
    String hash = TemplateHash.of(owner.at("spec", "template"), collisions);
    String prefix = owner.name();
    if (prefix.length() > LONGEST_PREFIX) {
      prefix = prefix.substring(0, LONGEST_PREFIX);
    }
    ObjectNode tree = Json.object().put("kind", "ControllerRevision").put("apiVersion", "apps/v1");
    ObjectNode metadata = tree.putObject("metadata");
    metadata.put("name", prefix + "-" + hash).put("namespace", owner.namespace());
    ObjectNode labels = metadata.putObject("labels");
    labels.setAll(fields(owner.at("spec", "template", "metadata", "labels")));
    labels.put(hashLabel, hash);
    // kubectl rollout history reads the cause of a change here
    ObjectNode annotations = fields(owner.at("metadata", "annotations"));
    if (!annotations.isEmpty()) {
      metadata.set("annotations", annotations);
    }
    metadata.putArray("ownerReferences").add(Owners.controllerRef(owner));
    tree.set("data", data);
    tree.put("revision", number);
    return tree;
  }

  private static ObjectNode fields(JsonNode node) {
    return node instanceof ObjectNode object ? object.deepCopy() : Json.object();
  }

  /** Deletes revisions; those that are gone are no failure. */
  public void delete(List<KubeObject> doomed) {
    for (KubeObject revision : doomed) {
      try {
        context
            .client()
            .delete(
                Resources.CONTROLLER_REVISIONS,
                revision.namespace(),
                revision.name(),
                DeleteOptions.uid(revision.uid()));
      } catch (StatusException e) {
        if (!e.isNotFound() && !e.isConflict()) {
          throw e;
        }
      }
    }
  }

  /** How many old revisions an owner keeps. */
  public static int limit(KubeObject owner) {
    return owner.at("spec", "revisionHistoryLimit").asInt(10);
  }
}
