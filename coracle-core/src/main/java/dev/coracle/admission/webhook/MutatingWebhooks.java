package dev.coracle.admission.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.AdmissionPlugin;
import dev.coracle.admission.Reinvocation;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.client.webhook.WebhookClient;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Webhooks that may change what is written, one after the other (MutatingAdmissionWebhook). */
public final class MutatingWebhooks implements AdmissionPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(MutatingWebhooks.class);
  private static final String ANNOTATION = "mutation.webhook.admission.k8s.io/";

  private final Webhooks webhooks;

  public MutatingWebhooks(AdmissionRules rules, MatchConditions conditions, WebhookClient client) {
    this.webhooks = new Webhooks("mutatingwebhookconfigurations", rules, conditions, client, true);
  }

  @Override
  public String name() {
    return "MutatingAdmissionWebhook";
  }

  /** Who was called and whom to call once more, by {@link Webhook#key}. */
  private static final class Round {
    private final Set<String> called = new HashSet<>();
    private final Set<String> again = new HashSet<>();
    private @Nullable ObjectNode left;

    void changed() {
      again.addAll(called);
      called.clear();
    }
  }

  @Override
  public void admit(AdmissionAttributes attributes, Reinvocation reinvocation) {
    List<Webhook> around = webhooks.around(attributes);
    if (around.isEmpty()) {
      return;
    }
    Round round = reinvocation.memory(name(), Round::new);
    if (reinvocation.isAgain() && round.left != null && !round.left.equals(attributes.object())) {
      round.changed();
    }
    for (int index = 0; index < around.size(); index++) {
      Webhook webhook = around.get(index);
      Webhooks.Invocation invocation = webhooks.invocation(webhook, attributes);
      if (invocation == null || (reinvocation.isAgain() && !round.again.contains(webhook.key()))) {
        continue;
      }
      String place = "round_" + (reinvocation.isAgain() ? 1 : 0) + "_index_" + index;
      try {
        boolean changed = call(invocation, attributes, place);
        if (changed) {
          round.changed();
          reinvocation.want();
        }
      } catch (WebhookFailure e) {
        if (!webhook.ignoresFailures()) {
          throw e.asRefusal();
        }
        LOG.warn("{}: ignored, as its failurePolicy says", e.getMessage());
        Webhooks.annotate(attributes, "failed-open." + ANNOTATION + place, webhook.name());
      }
      if (webhook.isReinvokedIfNeeded()) {
        round.called.add(webhook.key());
      }
    }
    ObjectNode object = attributes.object();
    round.left = object == null ? null : object.deepCopy();
  }

  private boolean call(Webhooks.Invocation invocation, AdmissionAttributes attributes, String place)
      throws WebhookFailure {
    Webhook webhook = invocation.webhook();
    ReviewCall.Response response = webhooks.ask(invocation, attributes);
    boolean changed =
        response.patch().length > 0 && patch(invocation, attributes, response.patch());
    Webhooks.annotate(
        attributes,
        ANNOTATION + place,
        Json.object()
            .put("configuration", webhook.configuration())
            .put("webhook", webhook.name())
            .put("mutated", changed)
            .toString());
    return changed;
  }

  private boolean patch(
      Webhooks.Invocation invocation, AdmissionAttributes attributes, byte[] patch) {
    ObjectNode object = invocation.write().object();
    ReviewPatch parsed = ReviewPatch.parse(patch);
    if (parsed.isEmpty()) {
      return false;
    }
    if (object == null) {
      throw StatusException.internal(
          "admission webhook \""
              + invocation.webhook().name()
              + "\" attempted to modify the object, which is not supported for this operation");
    }
    ObjectNode patched = parsed.apply(object);
    try {
      return webhooks.rules().replace(attributes, invocation.match(), patched);
    } catch (StatusException e) {
      throw StatusException.internal(e.status().message());
    }
  }
}
