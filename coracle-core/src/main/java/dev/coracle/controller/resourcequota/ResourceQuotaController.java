package dev.coracle.controller.resourcequota;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.client.Discovery;
import dev.coracle.client.SharedInformer;
import dev.coracle.client.quota.PodResources;
import dev.coracle.client.quota.QuotaUsage;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.SpecHandler;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code status.hard} and {@code status.used} of ResourceQuotas. Admission reserves ahead of
 * each write; this counts what is really there, soon after objects come and go and every five
 * minutes.
 */
public final class ResourceQuotaController implements Controller {

  private static final Duration RESYNC = Duration.ofMinutes(5);

  /** An object that is being made is reserved before it can be counted. */
  private static final Duration SETTLE = Duration.ofMillis(200);

  private final ControllerContext context;
  private final SharedInformer quotas;
  private final Work<ObjectKey> work;
  private final Map<String, SharedInformer> counted = new ConcurrentHashMap<>();
  private final Set<SharedInformer> heard = ConcurrentHashMap.newKeySet();

  public ResourceQuotaController(ControllerContext context) {
    this.context = context;
    this.quotas = context.informers().of(Resources.RESOURCE_QUOTAS);
    this.work = new Work<>(name(), context.clock(), 2, this::sync);
  }

  @Override
  public String name() {
    return "resourcequota-controller";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(quotas, new SpecHandler(work.queue(), gone -> {}));
    work.watch(
        context.informers().of(Resources.CUSTOM_RESOURCE_DEFINITIONS),
        definition -> {
          // its resource came, went, or is served in another version
          counted.remove(definition.name());
          for (KubeObject quota : quotas.list("")) {
            if (quota.at("spec", "hard").has("count/" + definition.name())) {
              work.queue().addAfter(ObjectKey.of(quota), Duration.ofSeconds(1));
            }
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void changed(KubeObject object) {
    for (KubeObject quota : quotas.list(object.namespace())) {
      work.queue().addAfter(ObjectKey.of(quota), SETTLE);
    }
  }

  private void sync(ObjectKey key) throws InterruptedException {
    KubeObject quota = quotas.get(key.namespace(), key.name());
    if (quota == null) {
      return;
    }
    Map<String, Quantity> hard = PodResources.read(quota.at("spec", "hard"));
    Map<String, Quantity> used = new TreeMap<>();
    for (String name : hard.keySet()) {
      String resource = QuotaUsage.resourceOf(name);
      SharedInformer informer = resource == null ? null : informer(resource);
      if (resource != null && informer != null) {
        used.put(
            name,
            QuotaCount.of(
                quota,
                name,
                resource,
                informer.list(quota.namespace()),
                context.clock().instant()));
      }
    }
    ObjectNode wanted = quota.mutableTree();
    ObjectNode status = wanted.withObject("/status");
    status.set("hard", quota.at("spec", "hard").deepCopy());
    ObjectNode usedNode = status.putObject("used");
    used.forEach((name, value) -> usedNode.put(name, value.toString()));
    if (!sameStatus(quota, hard, used)) {
      context.client().updateStatus(Resources.RESOURCE_QUOTAS, key.namespace(), key.name(), wanted);
    }
    work.queue().addAfter(key, RESYNC);
  }

  private static boolean sameStatus(
      KubeObject quota, Map<String, Quantity> hard, Map<String, Quantity> used) {
    return PodResources.read(quota.at("status", "hard")).equals(hard)
        && PodResources.read(quota.at("status", "used")).equals(used);
  }

  /** Null for a resource that is not served. */
  private @Nullable SharedInformer informer(String resource) throws InterruptedException {
    SharedInformer known = counted.get(resource);
    if (known != null) {
      return known;
    }
    for (Discovery.Resource served : Discovery.read(context.client().transport()).preferred()) {
      if (served.resource().qualified().equals(resource)
          && served.namespaced()
          && served.can("list", "watch")) {
        SharedInformer informer = context.informers().of(served.resource());
        informer.awaitSync();
        counted.put(resource, informer);
        if (heard.add(informer)) {
          work.watch(informer, this::changed);
        }
        return informer;
      }
    }
    return null;
  }
}
