package dev.coracle.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusJson;

/** A webhook could not be called or gave no usable answer; its failurePolicy says what follows. */
final class WebhookFailure extends Exception {

  private static final long serialVersionUID = 1L;

  WebhookFailure(String webhook, String reason) {
    super("failed calling webhook \"" + webhook + "\": " + reason, null, false, false);
  }

  StatusException asRefusal() {
    return StatusException.internal(String.valueOf(getMessage()));
  }

  /**
   * What the client is told when a webhook said no.
   *
   * @param result {@code response.status}; may be missing
   */
  static StatusException denied(String webhook, JsonNode result) {
    Status said = StatusJson.read(result, 400);
    String message = result.path("message").asText("");
    String reason = result.path("reason").asText("");
    String denied = "admission webhook \"" + webhook + "\" denied the request";
    String text =
        !message.isEmpty()
            ? denied + ": " + message
            : !reason.isEmpty() ? denied + ": " + reason : denied + " without explanation";
    int code = result.path("code").asInt(0);
    return new StatusException(
        new Status(code < 400 || code > 599 ? 400 : code, reason, text, said.details()));
  }
}
