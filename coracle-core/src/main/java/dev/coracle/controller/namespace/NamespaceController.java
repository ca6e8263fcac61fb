package dev.coracle.controller.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.ObjectList;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Discovery;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.List;

/**
 * Deletes everything in a namespace that is being deleted, whatever its resource: Pods first, and
 * nothing else before they are gone (KEP-5080). Tells what is left in the namespace's conditions,
 * and takes the {@code kubernetes} finalizer away when nothing is.
 */
public final class NamespaceController implements Controller {

  private static final String FINALIZER = "kubernetes";

  /** How often a namespace is looked at again whose objects are slow to go. */
  private static final Duration AGAIN = Duration.ofMillis(500);

  private final ControllerContext context;
  private final SharedInformer namespaces;
  private final Work<String> work;

  public NamespaceController(ControllerContext context) {
    this.context = context;
    this.namespaces = context.informers().of(Resources.NAMESPACES);
    this.work = new Work<>(name(), context.clock(), 4, this::sync);
  }

  @Override
  public String name() {
    return "namespace-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(
        namespaces,
        namespace -> {
          if (namespace.isDeleting()) {
            work.queue().add(namespace.name());
          }
        });
    // the last Pod's end is worth an immediate look
    work.watch(
        context.informers().of(Resources.PODS),
        SharedInformer.gone(
            last -> {
              KubeObject namespace = namespaces.get("", last.namespace());
              if (namespace != null && namespace.isDeleting()) {
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
    if (namespace == null || !namespace.isDeleting() || !hasFinalizer(namespace)) {
      return;
    }
    KubeObject fresh = context.client().find(Resources.NAMESPACES, "", name);
    if (fresh == null || !fresh.isDeleting() || !hasFinalizer(fresh)) {
      return;
    }
    NamespaceContent left = empty(name);
    if (left.isEmpty()) {
      ObjectNode tree = fresh.mutableTree();
      NamespaceDecision.withoutFinalizer(tree, FINALIZER);
      context.client().updateSubresource(Resources.NAMESPACES, "", name, "finalize", tree);
      return;
    }
    ObjectNode tree = fresh.mutableTree();
    ArrayNode conditions = tree.withObject("/status").withArray("/conditions");
    String now = Timestamps.seconds(context.clock().instant());
    if (NamespaceDecision.tell(conditions, left, now)) {
      context.client().updateStatus(Resources.NAMESPACES, "", name, tree);
    }
    work.queue().addAfter(name, AGAIN);
  }

  private NamespaceContent empty(String namespace) {
    Discovery discovery = Discovery.read(context.client().transport());
    NamespaceContent left = new NamespaceContent(discovery.failed());
    for (List<Discovery.Resource> stage : NamespaceDecision.stages(discovery.preferred())) {
      for (Discovery.Resource resource : stage) {
        try {
          left.add(resource.resource(), empty(namespace, resource).items());
        } catch (StatusException e) {
          if (!e.isNotFound() && e.code() != 405) {
            left.addFailure(e.status().message());
          }
        }
      }
      if (!left.remaining().isEmpty()) {
        break;
      }
    }
    return left;
  }

  /** What is left of a resource after its deletion. */
  private ObjectList empty(String namespace, Discovery.Resource resource) {
    GroupVersionResource gvr = resource.resource();
    ObjectList there = context.client().list(gvr, namespace, ListOptions.ALL);
    if (there.items().isEmpty()) {
      return there;
    }
    if (resource.can("deletecollection")) {
      context
          .client()
          .deleteCollection(gvr, namespace, DeleteOptions.background(), ListOptions.ALL);
    } else {
      for (KubeObject object : there.items()) {
        try {
          context.client().delete(gvr, namespace, object.name(), DeleteOptions.background());
        } catch (StatusException e) {
          if (!e.isNotFound()) {
            throw e;
          }
        }
      }
    }
    return context.client().list(gvr, namespace, ListOptions.ALL);
  }

  private static boolean hasFinalizer(KubeObject namespace) {
    for (JsonNode finalizer : namespace.at("spec", "finalizers")) {
      if (finalizer.asText().equals(FINALIZER)) {
        return true;
      }
    }
    return false;
  }
}
