package dev.coracle.controller.serviceaccount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;

/** Sees to it that each active namespace has a {@code default} ServiceAccount. */
public final class ServiceAccountController implements Controller {

  private static final String DEFAULT = "default";

  private final ControllerContext context;
  private final SharedInformer namespaces;
  private final SharedInformer accounts;
  private final Work<String> work;

  public ServiceAccountController(ControllerContext context) {
    this.context = context;
    this.namespaces = context.informers().of(Resources.NAMESPACES);
    this.accounts = context.informers().of(Resources.SERVICE_ACCOUNTS);
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return "service-account-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.need(accounts);
    accounts.awaitSync();
    work.watch(namespaces, namespace -> work.queue().add(namespace.name()));
    work.watch(
        accounts,
        SharedInformer.gone(
            last -> {
              if (last.name().equals(DEFAULT)) {
                work.queue().add(last.namespace());
              }
            }));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(String name) {
    KubeObject namespace = namespaces.get("", name);
    if (namespace == null || namespace.isDeleting() || accounts.get(name, DEFAULT) != null) {
      return;
    }
    ObjectNode account = Json.object().put("kind", "ServiceAccount").put("apiVersion", "v1");
    account.putObject("metadata").put("name", DEFAULT).put("namespace", name);
    try {
      context.client().create(Resources.SERVICE_ACCOUNTS, name, account);
    } catch (StatusException e) {
      if (!e.isAlreadyExists() && !PodControl.isNamespaceTerminating(e)) {
        throw e;
      }
    }
  }
}
