package dev.coracle.controller.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Trees;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Signs the kubeconfig in {@code kube-public/cluster-info} with every token that may sign, so that
 * who knows a token can trust what anybody can read.
 */
public final class BootstrapSigner implements Controller {

  private static final String NAMESPACE = "kube-public";
  private static final String NAME = "cluster-info";
  private static final String SIGNATURE = "jws-kubeconfig-";

  private final ControllerContext context;
  private final SharedInformer secrets;
  private final SharedInformer configMaps;
  private final Work<String> work;

  public BootstrapSigner(ControllerContext context) {
    this.context = context;
    this.secrets = BootstrapToken.informer(context.informers());
    this.configMaps =
        context
            .informers()
            .of(
                Resources.CONFIG_MAPS,
                NAMESPACE,
                ListOptions.ALL.withFieldSelector("metadata.name=" + NAME));
    this.work = new Work<>(name(), context.clock(), 1, key -> sign());
  }

  @Override
  public String name() {
    return "bootstrap-signer";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(secrets, secret -> work.queue().add(NAME));
    work.watch(configMaps, configMap -> work.queue().add(NAME));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sign() {
    KubeObject info = configMaps.get(NAMESPACE, NAME);
    JsonNode kubeconfig = info == null ? null : info.at("data").path("kubeconfig");
    if (info == null || kubeconfig == null || !kubeconfig.isTextual()) {
      return;
    }
    Instant now = context.clock().instant();
    ObjectNode tree = info.mutableTree();
    ObjectNode data = tree.withObject("/data");
    List<String> old = new ArrayList<>();
    data.fieldNames().forEachRemaining(old::add);
    old.removeIf(key -> !key.startsWith(SIGNATURE));
    data.remove(old);
    for (KubeObject secret : secrets.list(BootstrapToken.NAMESPACE)) {
      BootstrapToken token = new BootstrapToken(secret);
      if (token.maySign(now)) {
        data.put(SIGNATURE + token.id(), token.sign(kubeconfig.asText()));
        Instant end = token.expiration();
        if (end != null) {
          work.queue().addAfter(NAME, Duration.between(now, end));
        }
      }
    }
    if (!Trees.same(data, info.at("data"))) {
      KubeObject unused = context.client().update(Resources.CONFIG_MAPS, NAMESPACE, NAME, tree);
    }
  }
}
