package dev.coracle.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a namespace's labels {@code pod-security.kubernetes.io/...} ask for; always something that
 * can be followed, with what is wrong with the labels.
 *
 * @param problems of the labels, in Kubernetes' words
 */
record PodSecurityPolicy(
    PodSecurityLevel enforce,
    PodSecurityLevel audit,
    PodSecurityLevel warn,
    List<String> problems) {

  static final String PREFIX = "pod-security.kubernetes.io/";

  /**
   * The {@code defaults} of a PodSecurityConfiguration; missing ones are privileged.
   *
   * @throws IllegalArgumentException when it cannot be used
   */
  static PodSecurityPolicy defaults(JsonNode defaults) {
    List<String> problems = new ArrayList<>();
    PodSecurityPolicy policy =
        new PodSecurityPolicy(
            configured(defaults, "enforce", problems),
            configured(defaults, "audit", problems),
            configured(defaults, "warn", problems),
            List.of());
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "couldn't init admission plugin \"PodSecurity\": " + String.join(", ", problems));
    }
    return policy;
  }

  private static PodSecurityLevel configured(
      JsonNode defaults, String mode, List<String> problems) {
    String level = defaults.path(mode).asText("privileged");
    String version = defaults.path(mode + "-version").asText("latest");
    if (!PodSecurityLevel.isLevel(level)) {
      problems.add(
          "defaults."
              + mode
              + ": Invalid value: \""
              + level
              + "\": must be one of privileged, baseline, restricted");
    }
    if (!PodSecurityLevel.isVersion(version)) {
      problems.add(
          "defaults."
              + mode
              + "-version: Invalid value: \""
              + version
              + "\": must be \"latest\" or \"v1.x\"");
    }
    return new PodSecurityLevel(level, version);
  }

  static PodSecurityPolicy of(Map<String, String> labels, PodSecurityPolicy defaults) {
    List<String> problems = new ArrayList<>();
    return new PodSecurityPolicy(
        level(labels, "enforce", defaults.enforce, "restricted", problems),
        level(labels, "audit", defaults.audit, "privileged", problems),
        level(labels, "warn", defaults.warn, "privileged", problems),
        problems);
  }

  /** Enforcing fails closed, the others open. */
  private static PodSecurityLevel level(
      Map<String, String> labels,
      String mode,
      PodSecurityLevel usual,
      String otherwise,
      List<String> problems) {
    String level = labels.getOrDefault(PREFIX + mode, usual.level());
    if (!PodSecurityLevel.isLevel(level)) {
      problems.add(problem(mode, level, "must be one of privileged, baseline, restricted"));
      level = otherwise;
    }
    String version = labels.getOrDefault(PREFIX + mode + "-version", usual.version());
    if (!PodSecurityLevel.isVersion(version)) {
      problems.add(problem(mode + "-version", version, "must be \"latest\" or \"v1.x\""));
      version = "latest";
    }
    return new PodSecurityLevel(level, version);
  }

  private static String problem(String label, String value, String must) {
    return "metadata.labels[" + PREFIX + label + "]: Invalid value: \"" + value + "\": " + must;
  }

  /** The problems as one text, as lists of field errors are told. */
  String problem() {
    return problems.size() == 1 ? problems.getFirst() : "[" + String.join(", ", problems) + "]";
  }

  boolean isPrivileged() {
    return enforce.level().equals("privileged") && onlyEnforces();
  }

  /** Whether nothing is to be warned of or noted. */
  boolean onlyEnforces() {
    return audit.level().equals("privileged") && warn.level().equals("privileged");
  }
}
