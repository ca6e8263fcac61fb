package dev.coracle.cluster.access;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Durations;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.auth.Authorizer;
import dev.coracle.auth.ExpressionCompiler.Compiled;
import dev.coracle.auth.SystemMastersAuthorizer;
import dev.coracle.auth.node.NodeAuthorizer;
import dev.coracle.auth.webhook.ReviewServer;
import dev.coracle.auth.webhook.WebhookAuthorizer;
import dev.coracle.client.Client;
import dev.coracle.cluster.options.AuthorizationOptions;
import dev.coracle.cluster.pki.KeyFiles;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The authorizers in the order that the options give; {@code system:masters} before all. */
final class Authorizers implements AutoCloseable {

  private final Supplier<Client> client;
  private final Authorizer rbac;
  private final InstantSource clock;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Set<AuthorizationOptions.Mode> modes = new HashSet<>();
  private final Authorizer all;

  /**
   * @throws StartException naming the flag and what is wrong
   */
  Authorizers(
      AuthorizationOptions options, Supplier<Client> client, Authorizer rbac, InstantSource clock) {
    this.client = client;
    this.rbac = rbac;
    this.clock = clock;
    List<Authorizer> authorizers = new ArrayList<>();
    authorizers.add(new SystemMastersAuthorizer());
    Path file = options.config();
    if (file != null) {
      ofFile(file, authorizers);
    } else {
      for (AuthorizationOptions.Mode mode : options.modes()) {
        if (!modes.add(mode)) {
          throw bad("--authorization-mode has " + mode.word() + " twice");
        }
        authorizers.add(
            mode == AuthorizationOptions.Mode.WEBHOOK ? webhook(options) : simple(mode));
      }
    }
    all = Authorizer.union(authorizers);
  }

  Authorizer all() {
    return all;
  }

  boolean has(AuthorizationOptions.Mode mode) {
    return modes.contains(mode);
  }

  private static StartException bad(String message) {
    return new StartException(StartException.Kind.FAILED, message);
  }

  private Authorizer simple(AuthorizationOptions.Mode mode) {
    return switch (mode) {
      case ALWAYS_ALLOW -> Authorizer.alwaysAllow();
      case ALWAYS_DENY ->
          attributes ->
              new Authorizer.Answer(Authorizer.Decision.NO_OPINION, "Everything is forbidden.");
      case NODE -> new NodeAuthorizer(client);
      case RBAC -> rbac;
      case WEBHOOK -> throw new IllegalStateException("a webhook has settings");
    };
  }

  private Authorizer webhook(AuthorizationOptions options) {
    AuthorizationOptions.Webhook webhook = options.webhook();
    if (webhook == null) {
      throw bad(
          "authorization-mode Webhook's authorization config file not passed: give it with"
              + " --authorization-webhook-config-file");
    }
    return webhook(
        "--authorization-webhook-config-file",
        webhook.config(),
        new WebhookAuthorizer.Settings(
            webhook.version(),
            webhook.allowedTtl(),
            webhook.refusedTtl(),
            Duration.ofSeconds(30),
            Authorizer.Decision.NO_OPINION,
            List.of()));
  }

  private Authorizer webhook(String flag, Path kubeconfig, WebhookAuthorizer.Settings settings) {
    try {
      ReviewServer server = ReviewServer.of(kubeconfig);
      parts.push(server);
      return new WebhookAuthorizer(server, settings, clock);
    } catch (IOException e) {
      throw KeyFiles.useless(flag, kubeconfig, e);
    }
  }

  /** {@code AuthorizationConfiguration} of {@code apiserver.config.k8s.io} (KEP-3221). */
  private void ofFile(Path file, List<Authorizer> authorizers) {
    try {
      JsonNode root = Yaml.read(Files.readAllBytes(file));
      if (!root.path("apiVersion")
              .asText("")
              .matches("apiserver\\.config\\.k8s\\.io/v1(alpha1|beta1)?")
          || !root.path("kind").asText("").equals("AuthorizationConfiguration")) {
        throw new IllegalArgumentException(
            "expected apiVersion apiserver.config.k8s.io/v1 and kind AuthorizationConfiguration");
      }
      if (root.path("authorizers").isEmpty()) {
        throw new IllegalArgumentException(
            "authorizers: Required value: at least one authorization mode must be defined");
      }
      Set<String> names = new HashSet<>();
      int index = 0;
      for (JsonNode entry : root.path("authorizers")) {
        String at = "authorizers[" + index++ + "]";
        String name = entry.path("name").asText("");
        if (name.isEmpty()) {
          throw new IllegalArgumentException(at + ".name: Required value");
        }
        if (!names.add(name)) {
          throw new IllegalArgumentException(at + ".name: Duplicate value: \"" + name + "\"");
        }
        AuthorizationOptions.Mode mode =
            AuthorizationOptions.Mode.of(entry.path("type").asText(""));
        if (!modes.add(mode) && mode != AuthorizationOptions.Mode.WEBHOOK) {
          throw new IllegalArgumentException(
              at + ".type: Duplicate value: \"" + mode.word() + "\"");
        }
        authorizers.add(
            mode == AuthorizationOptions.Mode.WEBHOOK
                ? webhook(at + ".webhook", entry.path("webhook"), file)
                : simple(mode));
      }
    } catch (IOException | IllegalArgumentException | StatusException e) {
      throw KeyFiles.useless("--authorization-config", file, e);
    }
  }

  private Authorizer webhook(String at, JsonNode webhook, Path file) {
    String policy = webhook.path("failurePolicy").asText("");
    Authorizer.Decision onError =
        switch (policy) {
          case "NoOpinion" -> Authorizer.Decision.NO_OPINION;
          case "Deny" -> Authorizer.Decision.DENY;
          case "" -> throw new IllegalArgumentException(at + ".failurePolicy: Required value");
          default ->
              throw new IllegalArgumentException(
                  at
                      + ".failurePolicy: Unsupported value: \""
                      + policy
                      + "\": supported values: \"NoOpinion\", \"Deny\"");
        };
    String version = webhook.path("subjectAccessReviewVersion").asText("");
    if (!version.equals("v1") && !version.equals("v1beta1")) {
      throw new IllegalArgumentException(
          at
              + ".subjectAccessReviewVersion: "
              + (version.isEmpty()
                  ? "Required value"
                  : "Unsupported value: \""
                      + version
                      + "\": supported values: \"v1\", \"v1beta1\""));
    }
    JsonNode connection = webhook.path("connectionInfo");
    if (!connection.path("type").asText("").equals("KubeConfigFile")) {
      throw new IllegalArgumentException(
          at + ".connectionInfo.type: only KubeConfigFile is possible here");
    }
    String kubeconfig = connection.path("kubeConfigFile").asText("");
    if (kubeconfig.isEmpty()) {
      throw new IllegalArgumentException(at + ".connectionInfo.kubeConfigFile: Required value");
    }
    List<Compiled> conditions = new ArrayList<>();
    int index = 0;
    for (JsonNode condition : webhook.path("matchConditions")) {
      String field = at + ".matchConditions[" + index++ + "].expression";
      try {
        conditions.add(
            new CelExpressions()
                .compile(condition.path("expression").asText(""), Set.of("request")));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(field + ": compilation failed: " + e.getMessage(), e);
      }
    }
    Path directory = file.toAbsolutePath().getParent();
    Path path = Path.of(kubeconfig);
    return webhook(
        "--authorization-config",
        directory == null ? path : directory.resolve(path),
        new WebhookAuthorizer.Settings(
            version,
            Durations.parse(at + ".authorizedTTL", webhook.path("authorizedTTL").asText("5m")),
            Durations.parse(at + ".unauthorizedTTL", webhook.path("unauthorizedTTL").asText("30s")),
            Durations.parse(at + ".timeout", webhook.path("timeout").asText("30s")),
            onError,
            conditions));
  }

  @Override
  public void close() throws Exception {
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
  }
}
