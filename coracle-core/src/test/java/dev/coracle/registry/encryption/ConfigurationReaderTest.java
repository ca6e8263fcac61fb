package dev.coracle.registry.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationReaderTest {

  private static final String KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

  private static EncryptionConfiguration parse(String resources) {
    return ConfigurationReader.parse(
        ("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
                + resources)
            .getBytes(StandardCharsets.UTF_8));
  }

  private static String rule(String resources) {
    return "- resources: [" + resources + "]\n  providers: [{identity: {}}]\n";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'*'|use '*.' to encrypt all the resources from core API group",
        "Secrets|resource name should not contain capital letters",
        "apiserveripinfo|resources which do not have REST API/s cannot be encrypted",
        "'*.events.k8s.io'|Use 'events' instead in the config file",
        "'*.extensions'|'extensions' group has been removed",
        "'secrets.*'|encrypting the same resource across groups is not supported",
        "'secrets, secrets'|the same resource cannot be specified multiple times",
        "'secrets, *.'|as they will be masked",
        "'secrets, *.*'|as they will be masked",
      })
  void resources_thatMakeNoSense_areRefused(String resources, String why) {
    String quoted =
        String.join(
            ", ",
            java.util.Arrays.stream(resources.split(", "))
                .map(name -> "\"" + name + "\"")
                .toList());
    assertThatThrownBy(() -> parse(rule(quoted))).hasMessageContaining(why);
  }

  @Test
  void keys_ofAWrongLength_areRefusedWithoutBeingShown() {
    assertThatThrownBy(
            () ->
                parse(
                    "- resources: [secrets]\n"
                        + "  providers: [{aescbc: {keys: [{name: key1, secret: c2hvcnQtY2FuYXJ5}]}}]\n"))
        .hasMessage(
            "resources[0].providers[0].aescbc.keys[0].secret: Invalid value: \"REDACTED\": secret"
                + " is not of the expected length, got 12, expected one of [16 24 32]");
  }

  @Test
  void brokenYaml_isRefusedWithoutShowingALine() {
    assertThatThrownBy(() -> parse("- secret: canary\n [}"))
        .hasMessageNotContaining("canary")
        .hasMessage("the file is not YAML");
  }

  @Test
  void nothing_isRefused() {
    assertThatThrownBy(() -> parse("  []"))
        .hasMessage("resources: Required value: at least one resources is required");
    assertThatThrownBy(() -> parse("- {resources: [secrets], providers: []}"))
        .hasMessage(
            "resources[0].providers: Required value: at least one resources[0].providers is"
                + " required");
    assertThatThrownBy(() -> parse("- {resources: [secrets], providers: [{}]}"))
        .hasMessageContaining("provider does not contain any of the expected providers");
    assertThatThrownBy(
            () ->
                parse("- {resources: [secrets], providers: [{identity: {}, aesgcm: {keys: []}}]}"))
        .hasMessageContaining("more than one provider specified in a single element");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{apiVersion: v2, endpoint: 'unix:///a'}|name is a mandatory field for a provider",
        "{apiVersion: v2, name: 'a:b', endpoint: 'unix:///a'}|must not contain ':'",
        "{apiVersion: v2, name: a}|endpoint is a mandatory field for a kms",
        "{apiVersion: v2, name: a, endpoint: 'tcp://a'}|unsupported scheme \"tcp\" for KMS provider",
        "{apiVersion: v2, name: a, endpoint: 'unix:///a', timeout: 0s}|timeout should be a positive",
        "{apiVersion: v2, name: a, endpoint: 'unix:///a', cachesize: 5}|cachesize is not supported in v2",
        "{apiVersion: v3, name: a, endpoint: 'unix:///a'}|only v1 and v2 are supported",
        "{name: a, endpoint: 'unix:///a'}|KMSv1 is deprecated",
      })
  void kms_thatMakesNoSense_isRefused(String kms, String why) {
    assertThatThrownBy(() -> parse("- resources: [secrets]\n  providers: [{kms: " + kms + "}]\n"))
        .hasMessageContaining(why);
  }

  @Test
  void rule_behindAWiderOne_isRefused() {
    EncryptionConfiguration configuration = parse(rule("\"*.\"") + rule("secrets"));

    assertThatThrownBy(() -> Transformers.of(configuration))
        .isInstanceOf(IOException.class)
        .hasMessage("resource \"secrets\" is masked by earlier rule \"*.\"");
  }

  @Test
  void wildcards_theNarrowestRuleWins() throws IOException {
    String aes = "\n  providers: [{aesgcm: {keys: [{name: k, secret: " + KEY + "}]}}]\n";
    Transformers transformers =
        Transformers.of(
            parse(
                "- resources: [secrets]"
                    + aes
                    + "- resources: [\"*.apps\"]"
                    + aes
                    + rule("\"*.*\"")));
    byte[] plain = {1};

    assertThat(stored(transformers, "/registry/core/secrets/a/b", plain)).startsWith("k8s:enc:");
    assertThat(stored(transformers, "/registry/apps/deployments/a/b", plain))
        .startsWith("k8s:enc:aesgcm:v1:k:");
    assertThat(stored(transformers, "/registry/core/configmaps/a/b", plain)).isEqualTo("\u0001");
    assertThat(stored(transformers, "/registry/batch/jobs/a/b", plain)).isEqualTo("\u0001");
  }

  private static String stored(Transformers transformers, String key, byte[] plain) {
    return new String(
        transformers.of(key).toStorage(plain, new byte[0]), StandardCharsets.ISO_8859_1);
  }
}
