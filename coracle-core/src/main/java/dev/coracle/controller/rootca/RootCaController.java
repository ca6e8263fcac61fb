package dev.coracle.controller.rootca;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.function.Supplier;

/** Keeps {@code kube-root-ca.crt} in each namespace as it should be. */
public final class RootCaController implements Controller {

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
  static final String NAME = "kube-root-ca.crt";
  private static final String DESCRIBED = "kubernetes.io/description";
  private static final String DESCRIPTION =
      "Contains a CA bundle that can be used to verify the kube-apiserver when using internal"
          + " endpoints such as the internal service IP or kubernetes.default.svc. No other usage is"
          + " guaranteed across distributions of Kubernetes clusters.";

  private final ControllerContext context;
  private final Supplier<String> ca;
  private final SharedInformer namespaces;
  private final SharedInformer configMaps;
  private final Work<String> work;
  private volatile String published = "";
  private volatile boolean stopped;

  /**
   * @param ca the CA bundle, PEM; asked each second
   */
  public RootCaController(ControllerContext context, Supplier<String> ca) {
    this.context = context;
    this.ca = ca;
    this.namespaces = context.informers().of(Resources.NAMESPACES);
    this.configMaps =
        context
            .informers()
            .of(
                Resources.CONFIG_MAPS,
                "",
                ListOptions.ALL.withFieldSelector("metadata.name=" + NAME));
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return "root-ca-cert-publisher";
  }

  @Override
  public void start() throws InterruptedException {
    configMaps.awaitSync();
    work.watch(namespaces, namespace -> work.queue().add(namespace.name()));
    work.watch(configMaps, map -> work.queue().add(map.namespace()));
    work.start();
    published = ca.get();
    lookAgain();
  }

  private void lookAgain() {
    context.clock().schedule(LOOK_AGAIN, this::look);
  }

  /** Nobody tells of another bundle: it is compared with what was published. */
  private void look() {
    if (stopped) {
      return;
    }
    String now = ca.get();
    if (!now.equals(published)) {
      published = now;
      namespaces.list("").forEach(namespace -> work.queue().add(namespace.name()));
    }
    lookAgain();
  }

  @Override
  public void stop() {
    stopped = true;
    work.stop();
  }

  private void sync(String name) {
    KubeObject namespace = namespaces.get("", name);
    if (namespace == null || namespace.isDeleting()) {
      return;
    }
    KubeObject there = configMaps.get(name, NAME);
    if (there == null) {
      ObjectNode map = Json.object().put("kind", "ConfigMap").put("apiVersion", "v1");
      map.putObject("metadata").put("name", NAME).put("namespace", name);
      complete(map);
      try {
        context.client().create(Resources.CONFIG_MAPS, name, map);
      } catch (StatusException e) {
        if (!e.isAlreadyExists() && !e.isNotFound() && !PodControl.isNamespaceTerminating(e)) {
          throw e;
        }
      }
      return;
    }
    ObjectNode tree = there.mutableTree();
    complete(tree);
    if (!tree.equals(there.tree())) {
      context.client().update(Resources.CONFIG_MAPS, name, NAME, tree);
    }
  }

  /** Another description that somebody gave it stays. */
  private void complete(ObjectNode map) {
    ObjectNode annotations = map.withObject("/metadata").withObject("/annotations");
    if (annotations.path(DESCRIBED).asText("").isEmpty()) {
      annotations.put(DESCRIBED, DESCRIPTION);
    }
    map.putObject("data").put("ca.crt", ca.get());
  }
}
