package dev.coracle.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded of which request ({@code audit.k8s.io/v1 Policy}): the first rule that fits
 * decides.
 */
public final class AuditPolicy {

  private static final PolicyRule NOT_RECORDED =
      new PolicyRule(
          Level.NONE,
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          Set.of(),
          false);

  private final List<PolicyRule> rules;

  private AuditPolicy(List<PolicyRule> rules) {
    this.rules = rules;
  }

  /**
   * Reads a policy.
   *
   * @throws IOException with all that is wrong with it, in kube-apiserver's words
   */
  public static AuditPolicy read(Path file) throws IOException {
    byte[] yaml;
    try {
      yaml = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "failed to read file path \"" + file + "\": open " + file + ": no such file or directory",
          e);
    } catch (IOException e) {
      throw new IOException("failed to read file path \"" + file + "\": " + e.getMessage(), e);
    }
    try {
      return parse(yaml);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage() + ": from file " + file, e);
    }
  }

  /**
   * Reads a policy.
   *
   * @throws IllegalArgumentException with all that is wrong with it
   */
  public static AuditPolicy parse(byte[] yaml) {
    JsonNode policy;
    try {
      policy = Yaml.read(yaml);
    } catch (IllegalArgumentException e) {
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new IllegalArgumentException("failed decoding: " + why, e);
    }
    String version = policy.path("apiVersion").asText("");
    String kind = policy.path("kind").asText("");
    if (kind.isEmpty()) {
      throw new IllegalArgumentException("failed decoding: Object 'Kind' is missing in the policy");
    }
    if (version.isEmpty()) {
      throw new IllegalArgumentException(
          "failed decoding: Object 'apiVersion' is missing in the policy");
    }
    if (!version.equals("audit.k8s.io/v1") || !kind.equals("Policy")) {
      throw new IllegalArgumentException(
          "failed decoding: no kind \""
              + kind
              + "\" is registered for version \""
              + version
              + "\" in scheme \"k8s.io/apiserver/pkg/audit/scheme.go\"");
    }
    List<PolicyRule> rules = new PolicyReader(policy).rules();
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("loaded illegal policy with 0 rules");
    }
    return new AuditPolicy(rules);
  }

  /** The rule that decides over a request; its level is None when no rule fits. */
  PolicyRule ruleFor(@Nullable UserInfo user, RequestInfo request) {
    for (PolicyRule rule : rules) {
      if (rule.matches(user, request)) {
        return rule;
      }
    }
    return NOT_RECORDED;
  }
}
