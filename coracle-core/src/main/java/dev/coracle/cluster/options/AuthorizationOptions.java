package dev.coracle.cluster.options;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What users may do, by kube-apiserver's flags.
 *
 * @param modes asked in this order
 * @param config an {@code AuthorizationConfiguration}, instead of modes; null for none
 * @param webhook for the mode Webhook; null for none
 */
public record AuthorizationOptions(
    List<Mode> modes, @Nullable Path config, @Nullable Webhook webhook) {

  /** kube-apiserver's authorization modes, by its own names. */
  public enum Mode {
    ALWAYS_ALLOW("AlwaysAllow"),
    ALWAYS_DENY("AlwaysDeny"),
    NODE("Node"),
    RBAC("RBAC"),
    WEBHOOK("Webhook");

    private final String word;

    Mode(String word) {
      this.word = word;
    }

    /** As {@code --authorization-mode} spells it. */
    public String word() {
      return word;
    }

    /**
     * @throws IllegalArgumentException naming the modes that there are
     */
    public static Mode of(String word) {
      for (Mode mode : values()) {
        if (mode.word.equals(word)) {
          return mode;
        }
      }
      throw new IllegalArgumentException(
          "\""
              + word
              + "\" is no authorization mode; use AlwaysAllow, AlwaysDeny, Node, RBAC or"
              + " Webhook");
    }
  }

  /**
   * A SubjectAccessReview server.
   *
   * @param config its kubeconfig
   * @param version of the reviews
   */
  public record Webhook(Path config, String version, Duration allowedTtl, Duration refusedTtl) {}

  /** What a cluster does that is told nothing. */
  public static final AuthorizationOptions USUAL =
      new AuthorizationOptions(List.of(Mode.NODE, Mode.RBAC), null, null);

  public AuthorizationOptions {
    modes = List.copyOf(modes);
  }
}
