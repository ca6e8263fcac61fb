package dev.coracle.admission.webhook;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.admission.matching.AdmissionRules;
import dev.coracle.admission.matching.MatchConditions;
import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.Operation;
import dev.coracle.api.ServedResources;
import dev.coracle.api.UserInfo;
import dev.coracle.client.webhook.WebhookClient;
import dev.coracle.schema.cel.AccessCheck;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

/** Webhooks stored by an older server may have side effects: a dry run must not call them. */
class DryRunTest {

  @Test
  void ask_dryRunOfWebhookWithSideEffects_isRefusedWithoutACall() {
    AdmissionRules rules =
        new AdmissionRules(
            () -> {
              throw new IllegalStateException("nothing is looked up");
            },
            () -> ServedResources.NONE);
    try (WebhookClient client =
        new WebhookClient(
            (namespace, name, port) -> {
              throw new IOException("it was called");
            },
            "test")) {
      Webhooks webhooks =
          new Webhooks(
              "validatingwebhookconfigurations",
              rules,
              new MatchConditions(question -> new AccessCheck.Answer(false, "", "")),
              client,
              false);
      ObjectNode fields = Json.object().put("name", "x.example.com").put("sideEffects", "Some");
      fields.putArray("admissionReviewVersions").add("v1");
      fields.putObject("clientConfig").putObject("service").put("name", "s").put("namespace", "n");
      AdmissionAttributes attributes =
          new AdmissionAttributes(
              Operation.CREATE,
              new GroupVersionKind("", "v1", "ConfigMap"),
              GroupVersionResource.core("configmaps"),
              "",
              "default",
              "a",
              AdmissionAttributes.Body.of(Json.object()),
              null,
              null,
              UserInfo.ANONYMOUS,
              true,
              new ArrayList<>(),
              new HashMap<>());

      assertThatThrownBy(
              () ->
                  webhooks.ask(
                      new Webhooks.Invocation(
                          new Webhook("c", "c/x/1", fields),
                          new AdmissionRules.Match(attributes.resource(), attributes.kind()),
                          attributes),
                      attributes))
          .hasMessage("admission webhook \"x.example.com\" does not support dry run");
    }
  }
}
