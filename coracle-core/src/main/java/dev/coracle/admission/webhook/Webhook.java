package dev.coracle.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.webhook.WebhookConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One webhook of a configuration.
 *
 * @param configuration its configuration's name
 * @param key tells it from all others, of the same name as well
 * @param fields as in the configuration, with defaults
 */
record Webhook(String configuration, String key, JsonNode fields) {

  private static final int USUAL_SECONDS = 10;

  String name() {
    return fields.path("name").asText();
  }

  boolean ignoresFailures() {
    return fields.path("failurePolicy").asText().equals("Ignore");
  }

  boolean hasNoSideEffects() {
    String sideEffects = fields.path("sideEffects").asText();
    return sideEffects.equals("None") || sideEffects.equals("NoneOnDryRun");
  }

  boolean isReinvokedIfNeeded() {
    return fields.path("reinvocationPolicy").asText().equals("IfNeeded");
  }

  Duration timeout() {
    return Duration.ofSeconds(fields.path("timeoutSeconds").asInt(USUAL_SECONDS));
  }

  WebhookConfig client() {
    return WebhookConfig.of(fields.path("clientConfig"));
  }

  /** The first version of AdmissionReview that it takes and this server knows; empty for none. */
  String reviewVersion() {
    for (JsonNode version : fields.path("admissionReviewVersions")) {
      if (version.asText().equals("v1") || version.asText().equals("v1beta1")) {
        return version.asText();
      }
    }
    return "";
  }

  /** All webhooks, in the order in which they are called: by the names of their configurations. */
  static List<Webhook> of(List<KubeObject> configurations) {
    List<KubeObject> sorted = new ArrayList<>(configurations);
    sorted.sort(Comparator.comparing(KubeObject::name));
    List<Webhook> webhooks = new ArrayList<>();
    for (KubeObject configuration : sorted) {
      Map<String, Integer> seen = new HashMap<>();
      for (JsonNode fields : configuration.at("webhooks")) {
        String name = fields.path("name").asText();
        int number = seen.merge(name, 1, Integer::sum);
        webhooks.add(
            new Webhook(
                configuration.name(), configuration.name() + "/" + name + "/" + number, fields));
      }
    }
    return webhooks;
  }
}
