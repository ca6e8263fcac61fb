package dev.coracle.controller.serviceaccount;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PatchType;
import dev.coracle.api.StatusException;
import dev.coracle.api.WriteOptions;
import dev.coracle.client.PodReferences;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Resources;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once a day, marks token Secrets that were made for ServiceAccounts and have not been used for a
 * year as invalid, and deletes them after another, as {@link LegacyTokenDecision} says.
 */
public final class LegacyTokenCleaner implements Controller {

  private static final Logger LOG = LoggerFactory.getLogger(LegacyTokenCleaner.class);
  private static final Duration EVERY = Duration.ofHours(24);
  private static final Duration UNUSED = Duration.ofDays(365);

  /** In {@code kube-system}; its {@code data.since} is the date since when use is tracked. */
  private static final String TRACKING = "kube-apiserver-legacy-service-account-token-tracking";

  private final ControllerContext context;
  private final SharedInformer accounts;
  private final SharedInformer secrets;
  private final SharedInformer pods;
  private Clock.@Nullable Timer timer;
  private boolean stopped;

  public LegacyTokenCleaner(ControllerContext context) {
    this.context = context;
    this.accounts = context.informers().of(Resources.SERVICE_ACCOUNTS);
    this.secrets = TokenController.tokenSecrets(context.informers());
    this.pods = context.informers().of(Resources.PODS);
  }

  @Override
  public String name() {
    return "legacy-serviceaccount-token-cleaner-controller";
  }

  @Override
  public void start() throws InterruptedException {
    accounts.awaitSync();
    secrets.awaitSync();
    pods.awaitSync();
    look();
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    if (timer != null) {
      timer.cancel();
    }
  }

  private void look() {
    try {
      clean();
    } catch (StatusException e) {
      LOG.debug("legacy tokens were not looked at: {}", e.getMessage());
    }
    synchronized (this) {
      if (!stopped) {
        timer = context.clock().schedule(EVERY, this::look);
      }
    }
  }

  private void clean() {
    Instant now = context.clock().instant();
    LegacyTokenDecision decision = new LegacyTokenDecision(UNUSED, now);
    KubeObject tracking =
        context.client().find(GroupVersionResource.core("configmaps"), "kube-system", TRACKING);
    if (tracking == null || !decision.canTell(tracking.text("data", "since"))) {
      return;
    }
    Map<String, Set<String>> used = new HashMap<>();
    for (KubeObject secret : secrets.list("")) {
      Set<String> names = used.computeIfAbsent(secret.namespace(), this::usedByPods);
      try {
        switch (decision.of(secret, accountOf(secret), names)) {
          case KEEP -> {}
          case INVALIDATE -> invalidate(secret, now);
          case DELETE -> delete(secret);
        }
      } catch (StatusException e) {
        LOG.debug("{}: {}", secret.key(), e.getMessage());
      }
    }
  }

  private Set<String> usedByPods(String namespace) {
    Set<String> names = new HashSet<>();
    pods.list(namespace).forEach(pod -> names.addAll(PodReferences.secrets(pod.tree())));
    return names;
  }

  private @Nullable KubeObject accountOf(KubeObject secret) {
    String name = secret.text("metadata", "annotations", TokenController.ACCOUNT_NAME);
    String uid = secret.text("metadata", "annotations", TokenController.ACCOUNT_UID);
    KubeObject account = name.isEmpty() ? null : accounts.get(secret.namespace(), name);
    return account != null && (uid.isEmpty() || uid.equals(account.uid())) ? account : null;
  }

  private void invalidate(KubeObject secret, Instant now) {
    ObjectNode patch = Json.object();
    patch
        .putObject("metadata")
        .put("uid", secret.uid())
        .putObject("labels")
        .put(
            LegacyTokenDecision.INVALID_SINCE, LocalDate.ofInstant(now, ZoneOffset.UTC).toString());
    KubeObject unused =
        context
            .client()
            .patch(
                Resources.SECRETS,
                secret.namespace(),
                secret.name(),
                "",
                PatchType.MERGE,
                patch,
                WriteOptions.NONE);
  }

  private void delete(KubeObject secret) {
    DeleteOptions asSeen =
        new DeleteOptions(false, null, null, secret.uid(), Long.toString(secret.resourceVersion()));
    KubeObject unused =
        context.client().delete(Resources.SECRETS, secret.namespace(), secret.name(), asSeen);
  }
}
