package dev.coracle.admission.podsecurity;

import java.util.regex.Pattern;

/**
 * A level of the Pod Security Standards as of a version of Kubernetes, such as {@code
 * baseline:v1.30}.
 *
 * @param level {@code privileged}, {@code baseline} or {@code restricted}
 * @param version {@code latest} or {@code v1.N}
 */
record PodSecurityLevel(String level, String version) {

  static final PodSecurityLevel PRIVILEGED = new PodSecurityLevel("privileged", "latest");

  private static final Pattern VERSION = Pattern.compile("v1\\.([0-9]|[1-9][0-9]{0,4})");

  /** The minor version; larger than any for {@code latest}. */
  int minor() {
    return version.equals("latest")
        ? Integer.MAX_VALUE - 1
        : Integer.parseInt(version.substring(3));
  }

  static boolean isLevel(String text) {
    return strictness(text) >= 0;
  }

  static boolean isVersion(String text) {
    return text.equals("latest") || VERSION.matcher(text).matches();
  }

  private static int strictness(String level) {
    return switch (level) {
      case "privileged" -> 0;
      case "baseline" -> 1;
      case "restricted" -> 2;
      default -> -1;
    };
  }

  /** Whether it forbids no more than another of the same version. */
  boolean isNoStricterThan(PodSecurityLevel other) {
    return strictness(level) <= strictness(other.level);
  }

  @Override
  public String toString() {
    return level + ":" + version;
  }
}
