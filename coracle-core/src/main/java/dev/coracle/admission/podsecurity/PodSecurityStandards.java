package dev.coracle.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * The Pod Security Standards (the Kubernetes page of that name), in any version: what a Pod has
 * that a level forbids, in Kubernetes' words.
 */
final class PodSecurityStandards {

  private PodSecurityStandards() {}

  /**
   * @param pod a Pod, or its template
   * @param policy the level and its version
   * @return empty when the Pod is as the level wants it
   */
  static List<Violation> violations(JsonNode pod, PodSecurityLevel policy) {
    if (policy.level().equals("privileged")) {
      return List.of();
    }
    boolean restricted = policy.level().equals("restricted");
    CheckedPod checked = new CheckedPod(pod, policy.minor());
    BaselineControls.check(checked, restricted);
    if (restricted) {
      RestrictedControls.check(checked);
    }
    return checked.violations();
  }
}
