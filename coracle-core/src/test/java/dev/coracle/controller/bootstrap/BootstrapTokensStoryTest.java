package dev.coracle.controller.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class BootstrapTokensStoryTest {

  @AutoClose private final ControlPlaneInMemory cluster = ControlPlaneInMemory.start();

  private void token(String id, String signing, String expiration) {
    KubeObject made =
        cluster.apply(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: bootstrap-token-%s, namespace: kube-system}
            type: bootstrap.kubernetes.io/token
            stringData: {token-id: %s, token-secret: 0123456789abcdef, usage-bootstrap-signing: "%s", expiration: "%s"}
            """
                .formatted(id, id, signing, expiration));
    assertThat(made.name()).endsWith(id);
  }

  private KubeObject info() {
    return cluster.admin().get(Resources.CONFIG_MAPS, "kube-public", "cluster-info");
  }

  @Test
  void token_maySign_signsTheKubeconfigUntilItIsGone() throws Exception {
    KubeObject made =
        cluster.apply(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cluster-info, namespace: kube-public}
            data: {kubeconfig: "kind: Config", jws-kubeconfig-old000: stale}
            """);
    assertThat(made.name()).isEqualTo("cluster-info");
    String later = Timestamps.seconds(Instant.now().plusSeconds(3600));
    token("abcdef", "true", later);
    token("silent", "false", later);
    await().until(() -> info().at("data").has("jws-kubeconfig-abcdef"));
    await().until(() -> !info().at("data").has("jws-kubeconfig-old000"));
    assertThat(info().at("data").has("jws-kubeconfig-silent")).isFalse();

    String[] parts = info().text("data", "jws-kubeconfig-abcdef").split("\\.", -1);
    assertThat(parts[1]).isEmpty();
    Base64.Encoder url = Base64.getUrlEncoder().withoutPadding();
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec("0123456789abcdef".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    String signed =
        parts[0] + "." + url.encodeToString("kind: Config".getBytes(StandardCharsets.UTF_8));
    assertThat(parts[2])
        .isEqualTo(url.encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8))));
    assertThat(new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8))
        .isEqualTo("{\"alg\":\"HS256\",\"kid\":\"abcdef\"}");

    KubeObject gone =
        cluster
            .admin()
            .delete(
                Resources.SECRETS, "kube-system", "bootstrap-token-abcdef", DeleteOptions.DEFAULT);
    assertThat(gone).isNotNull();
    await().until(() -> !info().at("data").has("jws-kubeconfig-abcdef"));
  }

  @Test
  void token_expired_isDeleted() {
    token("goneby", "true", "2020-01-01T00:00:00Z");
    token("stayed", "true", Timestamps.seconds(Instant.now().plusSeconds(3600)));
    await()
        .until(
            () ->
                cluster.admin().find(Resources.SECRETS, "kube-system", "bootstrap-token-goneby")
                    == null);
    assertThat(cluster.admin().find(Resources.SECRETS, "kube-system", "bootstrap-token-stayed"))
        .isNotNull();
  }
}
