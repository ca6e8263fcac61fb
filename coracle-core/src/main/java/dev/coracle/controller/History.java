package dev.coracle.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The ControllerRevisions of a DaemonSet or StatefulSet: one for each template it had, numbered,
 * the newest of which is the one to roll out.
 */
public final class History {

  /**
   * @param current the revision of the owner's template
   * @param old the others, oldest first
   */
  public record Revisions(KubeObject current, List<KubeObject> old) {

    public @Nullable KubeObject find(String name) {
      if (current.name().equals(name)) {
        return current;
      }
      return old.stream().filter(r -> r.name().equals(name)).findFirst().orElse(null);
    }
  }

  private final ControllerContext context;
  private final SharedInformer revisions;

  public History(ControllerContext context) {
    this.context = context;
    this.revisions = context.informers().of(Resources.CONTROLLER_REVISIONS);
  }

  /** Fills the cache that {@link #sync} reads. */
  public void await() throws InterruptedException {
    Pods.index(revisions);
    revisions.awaitSync();
  }

  /** What a revision keeps: the template, in a patch that replaces it. */
  private static ObjectNode data(KubeObject owner) {
    ObjectNode data = Json.object();
    ObjectNode template = owner.at("spec", "template").deepCopy();
    template.put("$patch", "replace");
    data.putObject("spec").set("template", template);
    return data;
  }

  /**
   * The owner's revisions, after making one for its template if there is none; one that is there is
   * numbered as the newest again.
   *
   * @param hash names a template, with a number of collisions
   * @param hashLabel the label that carries the hash; empty for none
   */
  public Revisions sync(
      KubeObject owner, LabelSelector selector, Function<Integer, String> hash, String hashLabel) {
    List<KubeObject> all = new ArrayList<>(Pods.controlledBy(revisions, owner.uid()));
    for (KubeObject orphan : Pods.orphans(revisions, owner.namespace())) {
      if (selector.matches(orphan.labels())) {
        all.addAll(
            Owners.claim(
                context.client(),
                owner.kind().equals("DaemonSet") ? Resources.DAEMON_SETS : Resources.STATEFUL_SETS,
                owner,
                selector,
                Resources.CONTROLLER_REVISIONS,
                List.of(orphan)));
      }
    }
    all.sort(Comparator.comparingLong(History::number).thenComparing(KubeObject::name));
    ObjectNode data = data(owner);
    long newest = all.isEmpty() ? 0 : number(all.getLast());
    KubeObject current = null;
    for (KubeObject revision : all) {
      if (Trees.same(revision.at("data"), data)) {
        current = revision;
      }
    }
    if (current == null) {
      current = create(owner, data, newest + 1, hash, hashLabel);
    } else if (number(current) < newest) {
      ObjectNode tree = current.mutableTree();
      tree.put("revision", newest + 1);
      current =
          context
              .client()
              .update(Resources.CONTROLLER_REVISIONS, owner.namespace(), current.name(), tree);
    }
    String name = current.name();
    List<KubeObject> old = all.stream().filter(r -> !r.name().equals(name)).toList();
    return new Revisions(current, old);
  }

  public static long number(KubeObject revision) {
    return revision.at("revision").asLong();
  }

  private KubeObject create(
      KubeObject owner,
      ObjectNode data,
      long number,
      Function<Integer, String> hash,
      String hashLabel) {
    for (int collisions = owner.at("status", "collisionCount").asInt(); ; collisions++) {
      String name = hash.apply(collisions);
      ObjectNode tree =
          Json.object().put("kind", "ControllerRevision").put("apiVersion", "apps/v1");
      ObjectNode metadata = tree.putObject("metadata");
      metadata.put("name", owner.name() + "-" + name).put("namespace", owner.namespace());
      ObjectNode labels = metadata.putObject("labels");
      owner
          .at("spec", "template", "metadata", "labels")
          .properties()
          .forEach(entry -> labels.set(entry.getKey(), entry.getValue()));
      if (!hashLabel.isEmpty()) {
        labels.put(hashLabel, name);
      }
      metadata.putArray("ownerReferences").add(Owners.controllerRef(owner));
      tree.set("data", data);
      tree.put("revision", number);
      try {
        return context.client().create(Resources.CONTROLLER_REVISIONS, owner.namespace(), tree);
      } catch (StatusException e) {
        if (!e.isAlreadyExists()) {
          throw e;
        }
        KubeObject there =
            context
                .client()
                .get(Resources.CONTROLLER_REVISIONS, owner.namespace(), owner.name() + "-" + name);
        if (Owners.isControlledBy(there, owner) && Trees.same(there.at("data"), data)) {
          return there;
        }
      }
    }
  }

  /**
   * Deletes the oldest revisions beyond the owner's {@code revisionHistoryLimit}.
   *
   * @param live names of revisions (or their hashes) that Pods still have
   */
  public void truncate(KubeObject owner, Revisions known, Set<String> live, String hashLabel) {
    int limit = owner.at("spec", "revisionHistoryLimit").asInt(10);
    List<KubeObject> unused = new ArrayList<>();
    for (KubeObject revision : known.old()) {
      Set<String> names = new HashSet<>();
      names.add(revision.name());
      names.add(revision.labels().getOrDefault(hashLabel, revision.name()));
      names.retainAll(live);
      if (names.isEmpty()) {
        unused.add(revision);
      }
    }
    for (int i = 0; i < unused.size() - limit; i++) {
      try {
        context
            .client()
            .delete(
                Resources.CONTROLLER_REVISIONS,
                owner.namespace(),
                unused.get(i).name(),
                DeleteOptions.uid(unused.get(i).uid()));
      } catch (StatusException e) {
        if (!e.isNotFound()) {
          throw e;
        }
      }
    }
  }
}
