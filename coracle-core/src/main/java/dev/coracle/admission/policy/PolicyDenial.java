package dev.coracle.admission.policy;

import dev.coracle.api.AdmissionAttributes;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a policy does not let a write pass.
 *
 * @param binding null when the policy itself cannot be applied
 * @param reason a reason of {@code metav1.Status}
 */
record PolicyDenial(
    KubeObject policy, @Nullable KubeObject binding, String message, String reason) {

  /**
   * The answer to the client.
   *
   * @param kind of the policy
   */
  StatusException refusal(String kind, AdmissionAttributes attributes) {
    String text =
        kind
            + " '"
            + policy.name()
            + "'"
            + (binding == null ? "" : " with binding '" + binding.name() + "'")
            + " denied request: "
            + message;
    GroupVersionResource resource = attributes.resource();
    String name = attributes.name();
    String whole =
        StatusException.forbidden(resource.group(), resource.resource(), name, text)
            .status()
            .message();
    return new StatusException(
        new Status(
            code(),
            reason,
            whole,
            new Status.Details(
                name,
                resource.group(),
                resource.resource(),
                "",
                List.of(new StatusCause("", text, "")),
                0)));
  }

  /** The answer when mutating policies failed: with the message of the first, and all as causes. */
  StatusException refusalOfMutation(AdmissionAttributes attributes, List<PolicyDenial> all) {
    GroupVersionResource resource = attributes.resource();
    return new StatusException(
        new Status(
            403,
            reason,
            mutationMessage(),
            new Status.Details(
                attributes.name(),
                resource.group(),
                resource.resource(),
                "",
                all.stream().map(each -> new StatusCause("", each.mutationMessage(), "")).toList(),
                0)));
  }

  private String mutationMessage() {
    String named =
        binding == null
            ? "policy \"" + policy.name() + "\""
            : "policy '" + policy.name() + "' with binding '" + binding.name() + "'";
    return named + " denied request: " + message;
  }

  private int code() {
    return switch (reason) {
      case "Forbidden" -> 403;
      case "Unauthorized" -> 401;
      case "RequestEntityTooLarge" -> 413;
      default -> 422;
    };
  }
}
