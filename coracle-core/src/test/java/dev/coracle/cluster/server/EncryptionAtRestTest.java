package dev.coracle.cluster.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.ClusterOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is on disk, with keys, other keys and no keys; over restarts of a whole server. */
class EncryptionAtRestTest {

  private static final String KEY_1 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  private static final String KEY_2 = "HxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4=";
  private static final String CANARY = "canary-at-rest-4711";
  private static final String CANARY_IN_JSON = "Y2FuYXJ5LWF0LXJlc3QtNDcxMQ==";

  @TempDir private Path directory;

  private TestCluster start(String providers) throws IOException {
    return start(providers, false);
  }

  private TestCluster start(String providers, boolean reload) throws IOException {
    ClusterOptions.Builder options =
        TestCluster.options(
                directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE)
            .toBuilder()
            .durability(ClusterOptions.Durability.FSYNC)
            .legacyServiceAccountTokens(false);
    if (!providers.isEmpty()) {
      options.server(
          ApiServerOptions.DEFAULTS.withEncryption(
              new ApiServerOptions.Encryption(config(providers), reload)));
    }
    return TestCluster.start(options.build());
  }

  /**
   * Put in place whole: a server that looks again meanwhile would take half a file for a broken
   * one.
   */
  private Path config(String providers) throws IOException {
    Files.writeString(
        directory.resolve("encryption.yaml.new"),
        "apiVersion: apiserver.config.k8s.io/v1\n"
            + "kind: EncryptionConfiguration\n"
            + "resources:\n"
            + "- resources: [secrets]\n"
            + "  providers:\n"
            + providers.indent(2));
    return Files.move(
        directory.resolve("encryption.yaml.new"),
        directory.resolve("encryption.yaml"),
        StandardCopyOption.ATOMIC_MOVE);
  }

  private static String keys(String provider, String... namesAndSecrets) {
    StringBuilder keys = new StringBuilder("- " + provider + ":\n    keys:\n");
    for (int i = 0; i < namesAndSecrets.length; i += 2) {
      keys.append("    - {name: ")
          .append(namesAndSecrets[i])
          .append(", secret: ")
          .append(namesAndSecrets[i + 1])
          .append("}\n");
    }
    return keys.toString();
  }

  private static String kubectl(TestCluster cluster, String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectl(arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  private static void createSecret(TestCluster cluster, String name) throws Exception {
    kubectl(cluster, "create", "secret", "generic", name, "--from-literal=password=" + CANARY);
  }

  private static String secret(TestCluster cluster, String name) throws Exception {
    return kubectl(cluster, "get", "secret", name, "-o", "jsonpath={.data.password}");
  }

  /** Everything that the store has on disk. */
  private String disk() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory.resolve("data").resolve("store"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @Test
  void secret_isNowhereOnDisk_andOtherKindsAre() throws Exception {
    try (TestCluster cluster = start(keys("aescbc", "key1", KEY_1))) {
      createSecret(cluster, "hidden");
      kubectl(cluster, "create", "configmap", "open", "--from-literal=text=plain-words-here");
      assertThat(secret(cluster, "hidden")).isEqualTo(CANARY_IN_JSON);
    }

    assertThat(disk())
        .contains("k8s:enc:aescbc:v1:key1:")
        .contains("plain-words-here")
        .doesNotContain(CANARY)
        .doesNotContain(CANARY_IN_JSON);
  }

  @Test
  void firstObjects_allKindsEnciphered_areReadAndNotOnDiskInClear() throws Exception {
    Path config = config(keys("aescbc", "key1", KEY_1));
    Files.writeString(config, Files.readString(config).replace("[secrets]", "['*.*']"));
    ClusterOptions options =
        TestCluster.options(
                directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.CONTROLPLANE)
            .toBuilder()
            .durability(ClusterOptions.Durability.FSYNC)
            .server(
                ApiServerOptions.DEFAULTS.withEncryption(
                    new ApiServerOptions.Encryption(config, false)))
            .build();
    try (TestCluster cluster = TestCluster.start(options)) {
      assertThat(kubectl(cluster, "get", "clusterrole", "system:basic-user", "-o", "name"))
          .contains("system:basic-user");
    }

    assertThat(disk()).contains("system:basic-user").doesNotContain("rbac-defaults");
  }

  @Test
  void keys_rotate_andAnUnchangedReplaceEnciphersAnew() throws Exception {
    try (TestCluster cluster = start("")) {
      createSecret(cluster, "early");
    }
    assertThat(disk()).contains(CANARY_IN_JSON);
    try (TestCluster cluster = start(keys("secretbox", "key1", KEY_1) + "- identity: {}\n")) {
      assertThat(secret(cluster, "early")).isEqualTo(CANARY_IN_JSON);
      String version = version(cluster);
      TestCluster.Output all = cluster.kubectl("get", "secrets", "-o", "json");
      TestCluster.Output replaced = cluster.kubectlWithInput(all.text(), "replace", "-f", "-");
      assertThat(replaced.exitCode()).as(replaced.text()).isZero();
      assertThat(version(cluster)).isNotEqualTo(version);
      String rotated = version(cluster);
      cluster.kubectlWithInput(
          cluster.kubectl("get", "secrets", "-o", "json").text(), "replace", "-f", "-");
      assertThat(version(cluster)).isEqualTo(rotated);
    }
    try (TestCluster cluster = start(keys("secretbox", "key2", KEY_2, "key1", KEY_1))) {
      assertThat(secret(cluster, "early")).isEqualTo(CANARY_IN_JSON);
      createSecret(cluster, "late");
    }
    assertThat(disk())
        .contains("k8s:enc:secretbox:v1:key1:")
        .contains("k8s:enc:secretbox:v1:key2:");
  }

  private static String version(TestCluster cluster) throws Exception {
    return kubectl(cluster, "get", "secret", "early", "-o", "jsonpath={.metadata.resourceVersion}");
  }

  @Test
  void wrongKey_theServerStarts_andOnlyWhatCantBeReadIsRefused() throws Exception {
    try (TestCluster cluster = start(keys("aesgcm", "key1", KEY_1))) {
      createSecret(cluster, "lost");
    }
    try (TestCluster cluster = start(keys("aesgcm", "key1", KEY_2))) {
      TestCluster.Output lost = cluster.kubectl("get", "secret", "lost");
      assertThat(lost.text())
          .contains("Error from server (InternalError)")
          .contains(
              "Internal error occurred: unable to transform key"
                  + " \"/registry/secrets/default/lost\": cipher: message authentication failed");
      assertThat(cluster.kubectl("get", "secrets").text()).contains("unable to transform key");
      assertThat(cluster.kubectl("delete", "secret", "lost").text())
          .contains("unable to transform key");
      kubectl(cluster, "get", "configmaps");
      kubectl(cluster, "get", "secrets", "--namespace", "kube-public");
      createSecret(cluster, "found");
      assertThat(secret(cluster, "found")).isEqualTo(CANARY_IN_JSON);
    }
    try (TestCluster cluster = start("")) {
      assertThat(cluster.kubectl("get", "secret", "lost").text())
          .contains("identity transformer tried to read encrypted data");
    }
    try (TestCluster cluster = start(keys("aesgcm", "key1", KEY_2, "key1", KEY_1))) {
      assertThat(secret(cluster, "lost")).isEqualTo(CANARY_IN_JSON);
      kubectl(cluster, "get", "secrets");
    }
  }

  @Test
  void reload_takesUpAnotherKey_andKeepsTheOldConfigurationWhenTheNewOneIsBroken()
      throws Exception {
    try (TestCluster cluster = start(keys("aescbc", "key1", KEY_1), true)) {
      createSecret(cluster, "first");
      config(keys("aescbc", "key2", KEY_2));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(kubectl(cluster, "get", "--raw", "/metrics"))
                      .contains("automatic_reloads_total{status=\"success\"} 1"));
      createSecret(cluster, "second");
      config(keys("aescbc", "key1", KEY_1, "key2", "broken"));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(kubectl(cluster, "get", "--raw", "/metrics"))
                      .contains("automatic_reloads_total{status=\"failure\"} 1"));
      assertThat(secret(cluster, "second")).isEqualTo(CANARY_IN_JSON);
    }
    assertThat(disk()).contains("k8s:enc:aescbc:v1:key1:").contains("k8s:enc:aescbc:v1:key2:");
  }

  @Test
  void reload_withTheMissingKey_makesReadableWhatWasNot() throws Exception {
    try (TestCluster cluster = start(keys("secretbox", "key1", KEY_1))) {
      createSecret(cluster, "locked");
    }
    try (TestCluster cluster = start(keys("secretbox", "key2", KEY_2), true)) {
      assertThat(cluster.kubectl("get", "secret", "locked").text())
          .contains("no matching key was found for the provided Secretbox transformer");
      config(keys("secretbox", "key2", KEY_2, "key1", KEY_1));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(
                          cluster
                              .kubectl("get", "secret", "locked", "-o", "jsonpath={.data.password}")
                              .text())
                      .isEqualTo(CANARY_IN_JSON));
      kubectl(cluster, "get", "secrets");
      kubectl(cluster, "delete", "secret", "locked");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void kms_keysRotate_andTheProvidersHealthIsShown() throws Exception {
    Path socket = directory.resolve("kms.sock");
    String provider =
        "- kms: {apiVersion: v2, name: vault, endpoint: \"unix://" + socket + "\", timeout: 30s}\n";
    try (KmsPlugin plugin = KmsPlugin.start(socket)) {
      try (TestCluster cluster = start(provider, true)) {
        createSecret(cluster, "sealed");
        assertThat(secret(cluster, "sealed")).isEqualTo(CANARY_IN_JSON);
        assertThat(kubectl(cluster, "get", "--raw", "/livez/kms-providers")).isEqualTo("ok");
        assertThat(plugin.encryptions()).isEqualTo(1);
        for (int i = 0; i < 20; i++) {
          createSecret(cluster, "more-" + i);
        }
        assertThat(plugin.encryptions()).as("one seed for many writes").isEqualTo(1);
      }
      assertThat(disk()).contains("k8s:enc:kms:v2:vault:").doesNotContain(CANARY_IN_JSON);
      plugin.rotate();
      try (TestCluster cluster = start(provider, false)) {
        assertThat(secret(cluster, "sealed")).isEqualTo(CANARY_IN_JSON);
        assertThat(plugin.decryptions()).as("one seed, however many values").isEqualTo(1);
        createSecret(cluster, "after");
      }
      plugin.unwell("the vault is shut");
      try (TestCluster cluster = start(provider)) {
        assertThat(cluster.kubectl("get", "--raw", "/livez/kms-provider-0").text())
            .contains("got unexpected healthz status: the vault is shut");
        assertThat(secret(cluster, "sealed")).isEqualTo(CANARY_IN_JSON);
      }
    }
    try (TestCluster cluster = start(provider.replace("30s", "3s"))) {
      assertThat(cluster.kubectl("get", "secret", "sealed").text())
          .contains("unable to transform key")
          .contains("failed to decrypt DEK");
      kubectl(cluster, "create", "configmap", "still-served");
      assertThat(cluster.kubectl("create", "secret", "generic", "no", "--from-literal=a=b").text())
          .contains("Internal error occurred");
    }
  }
}
