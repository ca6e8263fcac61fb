package dev.coracle.cli.flags;

import dev.coracle.api.Durations;
import dev.coracle.cluster.options.AuthorizationOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What users may do: kube-apiserver's flags. */
public final class AuthorizationFlags {

  @Option(
      names = "--authorization-mode",
      paramLabel = "MODE",
      split = ",",
      description =
          "AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook, asked in this order (default: Node,RBAC).")
  private @Nullable List<String> modes;

  @Option(
      names = "--authorization-config",
      paramLabel = "FILE",
      description = "An AuthorizationConfiguration, instead of modes.")
  private @Nullable Path config;

  @Option(
      names = "--authorization-webhook-config-file",
      paramLabel = "FILE",
      description = "A kubeconfig of a server that answers SubjectAccessReviews.")
  private @Nullable Path webhook;

  @Option(
      names = "--authorization-webhook-version",
      paramLabel = "v1|v1beta1",
      defaultValue = "v1beta1",
      description = "Of those SubjectAccessReviews (default: ${DEFAULT-VALUE}).")
  private String version = "v1beta1";

  @Option(
      names = "--authorization-webhook-cache-authorized-ttl",
      paramLabel = "DURATION",
      defaultValue = "5m",
      description = "How long an allowed one is remembered (default: ${DEFAULT-VALUE}).")
  private String allowedTtl = "5m";

  @Option(
      names = "--authorization-webhook-cache-unauthorized-ttl",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "How long any other is (default: ${DEFAULT-VALUE}).")
  private String refusedTtl = "30s";

  /**
   * @throws IllegalArgumentException in one sentence, when flags don't go together
   */
  public AuthorizationOptions options() {
    if (config != null && (modes != null || webhook != null)) {
      throw new IllegalArgumentException(
          "--authorization-config can not be specified when --authorization-mode or"
              + " --authorization-webhook-* flags are defined");
    }
    if (webhook != null && !version.equals("v1") && !version.equals("v1beta1")) {
      throw new IllegalArgumentException(
          "--authorization-webhook-version is v1 or v1beta1, not " + version);
    }
    return new AuthorizationOptions(
        modes == null
            ? AuthorizationOptions.USUAL.modes()
            : modes.stream().map(AuthorizationOptions.Mode::of).toList(),
        config,
        webhook == null
            ? null
            : new AuthorizationOptions.Webhook(
                webhook,
                version,
                Durations.parse("--authorization-webhook-cache-authorized-ttl", allowedTtl),
                Durations.parse("--authorization-webhook-cache-unauthorized-ttl", refusedTtl)));
  }
}
