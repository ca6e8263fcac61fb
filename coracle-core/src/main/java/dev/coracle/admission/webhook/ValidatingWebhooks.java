package dev.coracle.admission.webhook;

import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.StatusException;
import dev.coracle.client.webhook.WebhookClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Webhooks that say yes or no, all at the same time (ValidatingAdmissionWebhook). */
public final class ValidatingWebhooks implements AdmissionPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(ValidatingWebhooks.class);

  private final Webhooks webhooks;

  public ValidatingWebhooks(
      AdmissionRules rules, MatchConditions conditions, WebhookClient client) {
    this.webhooks =
        new Webhooks("validatingwebhookconfigurations", rules, conditions, client, false);
  }

  @Override
  public String name() {
    return "ValidatingAdmissionWebhook";
  }

  @Override
  public void validate(AdmissionAttributes attributes) {
    List<FutureTask<@Nullable StatusException>> calls = new ArrayList<>();
    List<Webhook> around = webhooks.around(attributes);
    for (Webhook webhook : around) {
      Webhooks.Invocation invocation = webhooks.invocation(webhook, attributes);
      if (invocation != null) {
        int index = calls.size();
        calls.add(new FutureTask<>(() -> refusal(invocation, attributes, index)));
      }
    }
    if (calls.isEmpty()) {
      return;
    }
    for (FutureTask<?> call : calls.subList(1, calls.size())) {
      Thread.ofVirtual().name("validating webhook").start(call);
    }
    calls.getFirst().run();
    StatusException first = null;
    for (FutureTask<@Nullable StatusException> call : calls) {
      StatusException refusal = await(call);
      first = first == null ? refusal : first;
    }
    if (first != null) {
      throw first;
    }
  }

  private @Nullable StatusException refusal(
      Webhooks.Invocation invocation, AdmissionAttributes attributes, int index) {
    Webhook webhook = invocation.webhook();
    try {
      webhooks.ask(invocation, attributes);
      return null;
    } catch (StatusException e) {
      return e;
    } catch (WebhookFailure e) {
      if (!webhook.ignoresFailures()) {
        return e.asRefusal();
      }
      LOG.warn("{}: ignored, as its failurePolicy says", e.getMessage());
      Webhooks.annotate(
          attributes,
          "failed-open.validating.webhook.admission.k8s.io/round_0_index_" + index,
          webhook.name());
      return null;
    }
  }

  private static @Nullable StatusException await(FutureTask<@Nullable StatusException> call) {
    try {
      return call.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return StatusException.internal("the request was given up");
    }
  }
}
