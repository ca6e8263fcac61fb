package dev.coracle.admission.podsecurity;

import java.util.List;
import java.util.stream.Collectors;

/** Something that a level forbids: what, and where in detail, in Kubernetes' words. */
record Violation(String reason, String detail) {

  /** All in one line. */
  static String line(List<Violation> violations) {
    return violations.stream()
        .map(each -> each.reason + " (" + each.detail + ")")
        .collect(Collectors.joining(", "));
  }

  /** Only what, not where. */
  static String reasons(List<Violation> violations) {
    return violations.stream().map(Violation::reason).collect(Collectors.joining(", "));
  }
}
