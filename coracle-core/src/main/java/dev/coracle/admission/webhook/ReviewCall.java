package dev.coracle.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.matching.AdmissionRequests;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.client.webhook.WebhookClient;
import dev.coracle.client.webhook.WebhookException;
import java.io.IOException;
import java.util.UUID;

/** Asks a webhook ({@code admission.k8s.io AdmissionReview}) and checks that the answer is one. */
final class ReviewCall {

  private static final String GROUP = "admission.k8s.io/";

  /**
   * What a webhook answered.
   *
   * @param patch empty when there is none
   */
  record Response(boolean allowed, byte[] patch, JsonNode fields) {}

  private final WebhookClient client;
  private final boolean mutating;

  ReviewCall(WebhookClient client, boolean mutating) {
    this.client = client;
    this.mutating = mutating;
  }

  /**
   * @param write with its objects as the webhook wants them
   * @param original the write as it was sent
   */
  Response send(
      Webhook webhook,
      AdmissionAttributes original,
      AdmissionAttributes write,
      AdmissionRules.Match match)
      throws WebhookFailure {
    String version = webhook.reviewVersion();
    if (version.isEmpty()) {
      throw new WebhookFailure(
          webhook.name(),
          "could not create admission objects: webhook does not accept known AdmissionReview"
              + " versions (v1, v1beta1)");
    }
    String uid = UUID.randomUUID().toString();
    ObjectNode review =
        Json.object().put("kind", "AdmissionReview").put("apiVersion", GROUP + version);
    ObjectNode request = AdmissionRequests.of(original, match, uid);
    KubeObject old = write.oldObject();
    request.set("object", write.object());
    request.set("oldObject", old == null ? null : old.tree());
    review.set("request", request);
    byte[] answer;
    try {
      answer = client.post(webhook.client(), Json.write(review), webhook.timeout());
    } catch (WebhookException e) {
      throw new WebhookFailure(webhook.name(), "failed to call webhook: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new WebhookFailure(webhook.name(), "could not get REST client: " + e.getMessage());
    }
    return read(webhook, version, uid, answer);
  }

  private Response read(Webhook webhook, String version, String uid, byte[] answer)
      throws WebhookFailure {
    JsonNode review;
    try {
      review = Json.read(answer);
    } catch (IllegalArgumentException e) {
      throw new WebhookFailure(
          webhook.name(),
          "failed to call webhook: couldn't get version/kind; json parse error: " + reason(e));
    }
    String kind = review.path("kind").asText("");
    String apiVersion = review.path("apiVersion").asText("");
    JsonNode response = review.path("response");
    if (version.equals("v1beta1")) {
      if (!response.isObject()) {
        throw invalid(webhook, "webhook response was absent");
      }
    } else {
      if (!kind.isEmpty()
          && !apiVersion.isEmpty()
          && !(apiVersion.startsWith(GROUP) && kind.equals("AdmissionReview"))) {
        throw new WebhookFailure(
            webhook.name(),
            "failed to call webhook: no kind \""
                + kind
                + "\" is registered for version \""
                + apiVersion
                + "\" in scheme \"pkg/runtime/scheme.go\"");
      }
      if (!response.isObject()) {
        throw invalid(webhook, "webhook response was absent");
      }
      String said = response.path("uid").asText("");
      if (!said.equals(uid)) {
        throw invalid(webhook, "expected response.uid=\"" + uid + "\", got \"" + said + "\"");
      }
      if (!apiVersion.equals(GROUP + version) || !kind.equals("AdmissionReview")) {
        throw invalid(
            webhook,
            "expected webhook response of "
                + GROUP
                + version
                + ", Kind=AdmissionReview, got "
                + (apiVersion.isEmpty() ? "/" : apiVersion)
                + ", Kind="
                + kind);
      }
    }
    return new Response(
        response.path("allowed").asBoolean(false), patch(webhook, version, response), response);
  }

  private byte[] patch(Webhook webhook, String version, JsonNode response) throws WebhookFailure {
    byte[] patch;
    try {
      patch =
          response.path("patch").isTextual() ? response.path("patch").binaryValue() : new byte[0];
    } catch (IOException e) {
      throw new WebhookFailure(
          webhook.name(), "failed to call webhook: illegal base64 data: " + e.getMessage());
    }
    JsonNode type = response.path("patchType");
    boolean typed = type.isTextual();
    if (version.equals("v1beta1")) {
      return mutating ? patch : new byte[0];
    }
    if (!mutating) {
      if (patch.length > 0) {
        throw invalid(webhook, "validating webhook may not return response.patch");
      }
      if (typed) {
        throw invalid(webhook, "validating webhook may not return response.patchType");
      }
      return patch;
    }
    if (patch.length > 0 && !typed) {
      throw invalid(webhook, "webhook returned response.patch but not response.patchType");
    }
    if (patch.length == 0 && typed) {
      throw invalid(webhook, "webhook returned response.patchType but not response.patch");
    }
    if (typed && type.asText().isEmpty()) {
      throw invalid(webhook, "webhook returned invalid response.patchType of \"\"");
    }
    if (typed && !type.asText().equals("JSONPatch")) {
      throw new WebhookFailure(webhook.name(), "unsupported patch type \"" + type.asText() + "\"");
    }
    return patch;
  }

  private static WebhookFailure invalid(Webhook webhook, String why) {
    return new WebhookFailure(webhook.name(), "received invalid webhook response: " + why);
  }

  private static String reason(IllegalArgumentException unreadable) {
    String message = String.valueOf(unreadable.getMessage());
    int line = message.indexOf('\n');
    return line < 0 ? message : message.substring(0, line);
  }
}
