package dev.coracle.controller.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LabelSelector;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.History;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Owners;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Pods;
import dev.coracle.controller.Resources;
import dev.coracle.controller.TemplateHash;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Keeps a StatefulSet's Pods, each with its name and claims. Names are fixed, so a lagging cache
 * cannot make one Pod too many: the API refuses the second.
 */
public final class StatefulSetController implements Controller {

  private final ControllerContext context;
  private final SharedInformer sets;
  private final SharedInformer pods;
  private final SharedInformer claims;
  private final History history;
  private final Work<ObjectKey> work;

  public StatefulSetController(ControllerContext context) {
    this.context = context;
    this.sets = context.informers().of(Resources.STATEFUL_SETS);
    this.pods = context.informers().of(Resources.PODS);
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.history = new History(context);
    this.work = new Work<>(name(), context.clock(), 3, this::sync);
  }

  @Override
  public String name() {
    return "statefulset-controller";
  }

  @Override
  public void start() throws InterruptedException {
    Pods.index(pods);
    history.await();
    claims.awaitSync();
    work.watch(sets, set -> work.queue().add(ObjectKey.of(set)));
    work.watch(
        pods,
        new SharedInformer.Handler() {
          @Override
          public void added(KubeObject pod) {
            enqueueOwner(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            enqueueOwner(before);
            enqueueOwner(now);
          }

          @Override
          public void deleted(KubeObject last) {
            enqueueOwner(last);
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void enqueueOwner(KubeObject pod) {
    OwnerReference owner = pod.controllerRef();
    if (owner != null && owner.kind().equals("StatefulSet")) {
      work.queue().add(new ObjectKey(pod.namespace(), owner.name()));
    }
  }

  private void sync(ObjectKey key) {
    KubeObject set = sets.get(key.namespace(), key.name());
    if (set == null || set.isDeleting()) {
      return;
    }
    LabelSelector selector = LabelSelector.of(set.at("spec", "selector"));
    History.Revisions revisions =
        history.sync(
            set,
            selector,
            collisions -> TemplateHash.of(set.at("spec", "template"), collisions),
            "controller.kubernetes.io/hash");
    List<KubeObject> candidates = new ArrayList<>(Pods.controlledBy(pods, set.uid()));
    for (KubeObject orphan : Pods.orphans(pods, key.namespace())) {
      if (StatefulPods.ordinal(set, orphan) >= 0) {
        candidates.add(orphan);
      }
    }
    List<KubeObject> own =
        Owners.claim(
            context.client(), Resources.STATEFUL_SETS, set, selector, Resources.PODS, candidates);
    String update = revisions.current().name();
    KubeObject known = revisions.find(set.text("status", "currentRevision"));
    KubeObject current = known == null ? revisions.current() : known;
    StatefulDecision decision =
        new StatefulDecision(set, own, current.name(), update, context.clock().instant());
    StatefulDecision.Plan plan = decision.plan();
    for (KubeObject pod : plan.delete()) {
      if (plan.condemned().contains(pod) && StatefulPods.deletesClaims(set, "whenScaled")) {
        ownClaims(set, pod);
      }
      delete(set, pod);
    }
    for (StatefulDecision.Start start : plan.create()) {
      KubeObject revision = start.update() ? revisions.current() : current;
      create(set, start.ordinal(), revision);
    }
    writeStatus(set, decision.status());
    Set<String> live = new HashSet<>();
    own.forEach(pod -> live.add(pod.labels().getOrDefault(StatefulPods.REVISION_LABEL, "")));
    live.add(current.name());
    history.truncate(set, revisions, live, "controller.kubernetes.io/hash");
    int minReady = set.at("spec", "minReadySeconds").asInt();
    if (minReady > 0 && decision.hasReadyUnavailable()) {
      work.queue().addAfter(key, Duration.ofSeconds(minReady));
    }
  }

  private void create(KubeObject set, int ordinal, KubeObject revision) {
    String name = set.name() + "-" + ordinal;
    try {
      for (ObjectNode claim : StatefulPods.claims(set, ordinal)) {
        createClaim(set, name, claim);
      }
      JsonNode template = revision.at("data", "spec", "template").deepCopy();
      ((ObjectNode) template).remove("$patch");
      ObjectNode pod = StatefulPods.make(set, ordinal, template, revision.name());
      context.client().create(Resources.PODS, set.namespace(), pod);
      context
          .events()
          .normal(
              set,
              "SuccessfulCreate",
              "create Pod " + name + " in StatefulSet " + set.name() + " successful");
    } catch (StatusException e) {
      if (e.isAlreadyExists() || PodControl.isNamespaceTerminating(e)) {
        return;
      }
      context
          .events()
          .warning(
              set,
              "FailedCreate",
              "create Pod "
                  + name
                  + " in StatefulSet "
                  + set.name()
                  + " failed error: "
                  + e.status().message());
      throw e;
    }
  }

  private void createClaim(KubeObject set, String pod, ObjectNode claim) {
    String name = claim.path("metadata").path("name").asText();
    if (claims.get(set.namespace(), name) != null) {
      return;
    }
    try {
      context.client().create(Resources.PERSISTENT_VOLUME_CLAIMS, set.namespace(), claim);
      context
          .events()
          .normal(
              set,
              "SuccessfulCreate",
              "create Claim "
                  + name
                  + " Pod "
                  + pod
                  + " in StatefulSet "
                  + set.name()
                  + " success");
    } catch (StatusException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
  }

  /** Gives the claims of a Pod that goes for good to the Pod: they go with it. */
  private void ownClaims(KubeObject set, KubeObject pod) {
    int ordinal = StatefulPods.ordinal(set, pod);
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      String name =
          StatefulPods.claimName(set, template.path("metadata").path("name").asText(), ordinal);
      KubeObject claim =
          context.client().find(Resources.PERSISTENT_VOLUME_CLAIMS, set.namespace(), name);
      if (claim == null) {
        continue;
      }
      ObjectNode tree = claim.mutableTree();
      tree.withObject("/metadata").putArray("ownerReferences").add(StatefulPods.owner(pod));
      context.client().update(Resources.PERSISTENT_VOLUME_CLAIMS, set.namespace(), name, tree);
    }
  }

  private void delete(KubeObject set, KubeObject pod) {
    if (pod.isDeleting()) {
      return;
    }
    if (Pods.isFinished(pod)) {
      context
          .events()
          .warning(
              set,
              "RecreatingFailedPod",
              "StatefulSet "
                  + set.key()
                  + " is recreating "
                  + (Pods.phase(pod).equals("Failed") ? "failed" : "terminated")
                  + " Pod "
                  + pod.name());
    }
    try {
      context
          .client()
          .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.uid(pod.uid()));
      context
          .events()
          .normal(
              set,
              "SuccessfulDelete",
              "delete Pod " + pod.name() + " in StatefulSet " + set.name() + " successful");
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  private void writeStatus(KubeObject set, ObjectNode status) {
    JsonNode conditions = set.at("status", "conditions");
    if (conditions.size() > 0) {
      status.set("conditions", conditions);
    }
    if (!Trees.same(status, set.at("status"))) {
      ObjectNode tree = set.mutableTree();
      tree.set("status", status);
      context.client().updateStatus(Resources.STATEFUL_SETS, set.namespace(), set.name(), tree);
    }
  }
}
