package dev.coracle.apiserver.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.RequestInfo;
import dev.coracle.api.UserInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuditPolicyTest {

  private static final UserInfo USER = UserInfo.of("tim", "humans", "system:authenticated");

  private static AuditPolicy policy(String rules) {
    return AuditPolicy.parse(
        ("apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [Panic]\nrules:\n" + rules)
            .getBytes(StandardCharsets.UTF_8));
  }

  private static RequestInfo resource(
      String verb, String group, String resource, String subresource, String name) {
    return new RequestInfo(
        true, "/", verb, group, "v1", "default", resource, subresource, name, "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "users: [tim]|true",
        "users: [tom]|false",
        "userGroups: [humans, robots]|true",
        "userGroups: [robots]|false",
        "verbs: [get]|true",
        "verbs: [list]|false",
        "namespaces: [default]|true",
        "namespaces: ['']|false",
        "resources: [{group: ''}]|true",
        "resources: [{group: apps}]|false",
        "resources: [{group: '', resources: [pods/log]}]|true",
        "resources: [{group: '', resources: [pods]}]|false",
        "resources: [{group: '', resources: ['*']}]|true",
        "resources: [{group: '', resources: ['*/log']}]|true",
        "resources: [{group: '', resources: ['*/status']}]|false",
        "resources: [{group: '', resources: ['pods/*']}]|true",
        "resources: [{group: '', resources: ['pods/*'], resourceNames: [web]}]|true",
        "resources: [{group: '', resources: ['pods/*'], resourceNames: [db]}]|false",
        "nonResourceURLs: ['/healthz*']|false",
      })
  void rule_matchesAsKubernetesSays(String rule, boolean matches) {
    AuditPolicy policy = policy("- {level: Metadata, " + rule + "}\n");

    assertThat(policy.ruleFor(USER, resource("get", "", "pods", "log", "web")).level())
        .isEqualTo(matches ? Level.METADATA : Level.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "/healthz,/healthz,true",
    "/healthz*,/healthz/ping,true",
    "/healthz,/healthz/ping,false",
    "*,/anything,true",
    "/api*,/healthz,false",
  })
  void nonResourceUrl_matchesByPrefixOrWhole(String rule, String path, boolean matches) {
    AuditPolicy policy = policy("- {level: Request, nonResourceURLs: ['" + rule + "']}\n");

    assertThat(policy.ruleFor(null, RequestInfo.nonResource(path, "get")).level())
        .isEqualTo(matches ? Level.REQUEST : Level.NONE);
  }

  @Test
  void rules_theFirstThatFitsDecides_andStagesAddUp() {
    AuditPolicy policy =
        policy(
            "- {level: None, verbs: [watch]}\n"
                + "- {level: RequestResponse, omitStages: [RequestReceived]}\n");

    assertThat(policy.ruleFor(USER, resource("watch", "", "pods", "", "")).level())
        .isEqualTo(Level.NONE);
    PolicyRule second = policy.ruleFor(USER, resource("get", "", "pods", "", "a"));
    assertThat(second.level()).isEqualTo(Level.REQUEST_RESPONSE);
    assertThat(second.omitStages()).containsExactlyInAnyOrder(Stage.PANIC, Stage.REQUEST_RECEIVED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|rules[0].level: Required value",
        "{level: Loud}|rules[0].level: Unsupported value: \"Loud\": supported values: \"None\", \"Metadata\", \"Request\", \"RequestResponse\"",
        "{level: None, nonResourceURLs: [api]}|rules[0].nonResourceURLs[0]: Invalid value: \"api\": non-resource URL rules must begin with a '/' character",
        "{level: None, nonResourceURLs: ['/a*b']}|rules[0].nonResourceURLs[0]: Invalid value: \"/a*b\": non-resource URL wildcards '*' must be the final character of the rule",
        "{level: None, omitStages: [Never]}|rules[0].omitStages[0]: Invalid value: \"Never\": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic",
        "{level: None, resources: [{resourceNames: [a]}]}|rules[0].resources.resourceNames: Invalid value: [\"a\"]: using resourceNames requires at least one resource",
        "{level: None, nonResourceURLs: ['/a'], namespaces: [a]}|rules[0].nonResourceURLs: Invalid value: [\"/a\"]: rules cannot apply to both regular resources and non-resource URLs",
      })
  void rule_thatMakesNoSense_isRefusedInKubernetesWords(String rule, String why) {
    assertThatThrownBy(() -> policy("- " + rule + "\n")).hasMessage(why);
  }

  @Test
  void policy_thatIsNone_isRefused() {
    assertThatThrownBy(() -> policy("  []")).hasMessageContaining("0 rules");
    assertThatThrownBy(() -> policy("- {level: A}\n- {level: B}\n"))
        .hasMessageStartingWith("[rules[0].level")
        .hasMessageContaining("rules[1].level");
    assertThatThrownBy(() -> AuditPolicy.parse("kind: Policy".getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("'apiVersion' is missing");
    assertThatThrownBy(() -> AuditPolicy.read(Path.of("/does/not/exist")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("failed to read file path \"/does/not/exist\"");
  }
}
