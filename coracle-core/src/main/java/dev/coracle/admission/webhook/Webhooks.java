package dev.coracle.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.client.webhook.WebhookClient;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The webhooks of one kind, and what calling one has in common for both kinds. */
final class Webhooks {

  private static final String GROUP = "admissionregistration.k8s.io";

  /** A webhook that is to be called, with the write as it wants to see it. */
  record Invocation(Webhook webhook, AdmissionRules.Match match, AdmissionAttributes write) {}

  private final GroupVersionResource configurations;
  private final AdmissionRules rules;
  private final MatchConditions conditions;
  private final ReviewCall call;

  Webhooks(
      String plural,
      AdmissionRules rules,
      MatchConditions conditions,
      WebhookClient client,
      boolean mutating) {
    this.configurations = GroupVersionResource.of(GROUP, "v1", plural);
    this.rules = rules;
    this.conditions = conditions;
    this.call = new ReviewCall(client, mutating);
  }

  /** The webhooks that there are now, in order; none for what decides over admission itself. */
  List<Webhook> around(AdmissionAttributes attributes) {
    List<KubeObject> there = rules.served().objects(configurations);
    return there.isEmpty() || AdmissionRules.isExempt(attributes) ? List.of() : Webhook.of(there);
  }

  /**
   * @return null when the webhook is not to be called for the write
   * @throws StatusException when that cannot be told
   */
  @Nullable Invocation invocation(Webhook webhook, AdmissionAttributes attributes) {
    AdmissionRules.Match match = rules.matchWebhook(webhook.fields(), attributes);
    if (match == null) {
      return null;
    }
    AdmissionAttributes write = rules.versioned(attributes, match);
    JsonNode wanted = webhook.fields().path("matchConditions");
    if (!wanted.isEmpty()) {
      MatchConditions.Answer answer =
          conditions.evaluate(wanted, attributes, write, match, webhook.ignoresFailures());
      if (answer.error() != null) {
        throw StatusException.forbidden(
            attributes.resource().group(),
            attributes.resource().resource(),
            attributes.name(),
            answer.error());
      }
      if (!answer.matches()) {
        return null;
      }
    }
    return new Invocation(webhook, match, write);
  }

  /**
   * Asks a webhook.
   *
   * @return its answer, which allows the write
   * @throws StatusException when the webhook says no, or must not be called in a dry run
   */
  ReviewCall.Response ask(Invocation invocation, AdmissionAttributes attributes)
      throws WebhookFailure {
    Webhook webhook = invocation.webhook();
    if (attributes.dryRun() && !webhook.hasNoSideEffects()) {
      throw new StatusException(
          new Status(
              400,
              "BadRequest",
              "admission webhook \"" + webhook.name() + "\" does not support dry run",
              null));
    }
    ReviewCall.Response response =
        call.send(webhook, attributes, invocation.write(), invocation.match());
    for (Map.Entry<String, JsonNode> annotation :
        response.fields().path("auditAnnotations").properties()) {
      annotate(
          attributes, webhook.name() + "/" + annotation.getKey(), annotation.getValue().asText());
    }
    synchronized (attributes.warnings()) {
      for (JsonNode warning : response.fields().path("warnings")) {
        attributes.warnings().add(warning.asText());
      }
    }
    if (!response.allowed()) {
      throw WebhookFailure.denied(webhook.name(), response.fields().path("status"));
    }
    return response;
  }

  AdmissionRules rules() {
    return rules;
  }

  static void annotate(AdmissionAttributes attributes, String key, String value) {
    synchronized (attributes.auditAnnotations()) {
      attributes.auditAnnotations().putIfAbsent(key, value);
    }
  }
}
