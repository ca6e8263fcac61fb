package dev.coracle.controller.bootstrap;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.time.Duration;
import java.time.Instant;

/** Deletes bootstrap tokens at their end. */
public final class TokenCleaner implements Controller {

  private final ControllerContext context;
  private final SharedInformer secrets;
  private final Work<ObjectKey> work;

  public TokenCleaner(ControllerContext context) {
    this.context = context;
    this.secrets = BootstrapToken.informer(context.informers());
    this.work = new Work<>(name(), context.clock(), 1, this::sync);
  }

  @Override
  public String name() {
    return "token-cleaner";
  }

  @Override
  public void start() throws InterruptedException {
    work.watch(secrets, secret -> work.queue().add(ObjectKey.of(secret)));
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private void sync(ObjectKey key) {
    KubeObject secret = secrets.get(key.namespace(), key.name());
    Instant end = secret == null ? null : new BootstrapToken(secret).expiration();
    if (secret == null || end == null) {
      return;
    }
    Instant now = context.clock().instant();
    if (now.isBefore(end)) {
      work.queue().addAfter(key, Duration.between(now, end));
      return;
    }
    try {
      KubeObject unused =
          context
              .client()
              .delete(
                  Resources.SECRETS, key.namespace(), key.name(), DeleteOptions.uid(secret.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }
}
