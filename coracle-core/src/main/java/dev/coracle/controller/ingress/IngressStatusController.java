package dev.coracle.controller.ingress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;

/**
 * Gives Ingresses of a class of {@code coracle.dev/publish-service} the addresses of the Service
 * that the class names, and takes them back when the Service loses them or the Ingress its class.
 * What it gave is known by its field manager; Ingresses of others are left alone.
 */
public final class IngressStatusController implements Controller {

  /** Its name, that of its ServiceAccount, and the manager of the fields that it sets. */
  public static final String NAME = "ingress-status-controller";

  private final ControllerContext context;
  private final SharedInformer ingresses;
  private final SharedInformer classes;
  private final SharedInformer services;
  private final Work<ObjectKey> work;

  public IngressStatusController(ControllerContext context) {
    this.context = context;
    this.ingresses = context.informers().of(Resources.INGRESSES);
    this.classes = context.informers().of(Resources.INGRESS_CLASSES);
    this.services = context.informers().of(Resources.SERVICES);
    this.work = new Work<>(NAME, context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(ingresses, ingress -> work.queue().add(ObjectKey.of(ingress)));
    work.watch(
        classes,
        changed -> {
          if (PublishedAddresses.isOurs(changed)) {
            enqueueAll();
          }
        });
    work.watch(services, this::serviceChanged);
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void serviceChanged(KubeObject service) {
    ObjectKey key = ObjectKey.of(service);
    for (KubeObject one : classes.list("")) {
      if (PublishedAddresses.isOurs(one) && key.equals(PublishedAddresses.service(one))) {
        enqueueAll();
        return;
      }
    }
  }

  private void enqueueAll() {
    ingresses.list("").forEach(ingress -> work.queue().add(ObjectKey.of(ingress)));
  }

  private void sync(ObjectKey key) {
    KubeObject ingress = ingresses.get(key.namespace(), key.name());
    if (ingress == null || ingress.isDeleting()) {
      return;
    }
    KubeObject ingressClass = PublishedAddresses.classOf(ingress, classes.list(""));
    if (ingressClass == null || !PublishedAddresses.isOurs(ingressClass)) {
      if (isGiven(ingress)) {
        apply(ingress, Json.array());
      }
      return;
    }
    ObjectKey service = PublishedAddresses.service(ingressClass);
    ArrayNode wanted =
        PublishedAddresses.of(
            service == null ? null : services.get(service.namespace(), service.name()));
    JsonNode has = ingress.at("status", "loadBalancer", "ingress");
    boolean same = wanted.isEmpty() ? has.isEmpty() || !isGiven(ingress) : wanted.equals(has);
    if (!same) {
      apply(ingress, wanted);
    }
  }

  /** Whether its status has something of this controller. */
  private static boolean isGiven(KubeObject ingress) {
    for (JsonNode entry : ingress.at("metadata", "managedFields")) {
      if (entry.path("manager").asText().equals(NAME)) {
        return true;
      }
    }
    return false;
  }

  private void apply(KubeObject ingress, ArrayNode addresses) {
    ObjectNode tree = Json.object();
    tree.put("apiVersion", "networking.k8s.io/v1").put("kind", "Ingress");
    tree.putObject("metadata").put("name", ingress.name()).put("namespace", ingress.namespace());
    if (!addresses.isEmpty()) {
      tree.putObject("status").putObject("loadBalancer").set("ingress", addresses);
    }
    try {
      KubeObject unused =
          context
              .client()
              .patch(
                  Resources.INGRESSES,
                  ingress.namespace(),
                  ingress.name(),
                  "status",
                  PatchType.APPLY,
                  tree,
                  new WriteOptions(false, NAME, "", true));
    } catch (StatusException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }
}
