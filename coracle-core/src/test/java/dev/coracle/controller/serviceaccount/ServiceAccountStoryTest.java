package dev.coracle.controller.serviceaccount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.Clock;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.KubeObject;
import dev.coracle.api.SystemClock;
import dev.coracle.controller.ControlPlaneInMemory;
import dev.coracle.controller.Resources;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ServiceAccounts, the Secrets of their tokens, and how those end. */
class ServiceAccountStoryTest {

  /** Runs as the machine's does, and leaps: a year of heartbeats would be long. */
  private static final class LeapingClock implements Clock {
    private final SystemClock machine = new SystemClock();
    private volatile Duration ahead = Duration.ZERO;

    @Override
    public Instant instant() {
      return machine.instant().plus(ahead);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return machine.schedule(delay, task);
    }
  }

  private LeapingClock clock;
  private ControlPlaneInMemory cluster;
  private String namespace;

  @BeforeEach
  void start() throws Exception {
    clock = new LeapingClock();
    cluster = ControlPlaneInMemory.start(clock);
    namespace = cluster.namespace();
  }

  @AfterEach
  void stop() {
    cluster.close();
    clock.machine.close();
  }

  private void delete(String name) {
    KubeObject unused =
        cluster.admin().delete(Resources.SERVICE_ACCOUNTS, namespace, name, DeleteOptions.DEFAULT);
  }

  private KubeObject account(String name) {
    return cluster.awaitObject(
        Resources.SERVICE_ACCOUNTS, namespace, name, a -> a.at("secrets").size() == 1);
  }

  private static String secretOf(KubeObject account) {
    return account.at("secrets").get(0).path("name").asText();
  }

  private String data(String secret, String key) {
    KubeObject found = cluster.admin().get(Resources.SECRETS, namespace, secret);
    return new String(Base64.getDecoder().decode(found.text("data", key)), StandardCharsets.UTF_8);
  }

  private void secret(String name, String account, String uid) {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: %s
              namespace: %s
              annotations: {kubernetes.io/service-account.name: "%s"%s}
            type: kubernetes.io/service-account-token
            """
                .formatted(
                    name,
                    namespace,
                    account,
                    uid.isEmpty() ? "" : ", kubernetes.io/service-account.uid: " + uid));
  }

  @Test
  void defaultAccount_deleted_comesBack() {
    KubeObject first = account("default");
    delete("default");
    KubeObject second =
        cluster.awaitObject(
            Resources.SERVICE_ACCOUNTS, namespace, "default", a -> !a.uid().equals(first.uid()));
    assertThat(second.isDeleting()).isFalse();
    cluster.awaitGone(Resources.SECRETS, namespace, secretOf(first));
  }

  @Test
  void account_created_getsATokenSecretThatGoesWithIt() {
    KubeObject unused =
        cluster.apply(
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: %s}}"
                .formatted(namespace));
    String secret = secretOf(account("robot"));
    assertThat(data(secret, "token")).isEqualTo("token-of-robot");
    assertThat(data(secret, "namespace")).isEqualTo(namespace);
    assertThat(data(secret, "ca.crt")).isEqualTo("CA");
    delete("robot");
    cluster.awaitGone(Resources.SECRETS, namespace, secret);
  }

  /** As Kubernetes' e2e test "should ensure a single API token exists". */
  @Test
  void tokenSecret_deleted_isReplacedByAnother() {
    String first = secretOf(account("default"));
    KubeObject unused =
        cluster.admin().delete(Resources.SECRETS, namespace, first, DeleteOptions.DEFAULT);
    KubeObject account =
        cluster.awaitObject(
            Resources.SERVICE_ACCOUNTS,
            namespace,
            "default",
            a -> a.at("secrets").size() == 1 && !secretOf(a).equals(first));
    assertThat(data(secretOf(account), "token")).isEqualTo("token-of-default");
  }

  @Test
  void tokenSecret_madeByHand_isFilledAndRepaired() {
    KubeObject account = account("default");
    secret("mine", "default", "");
    KubeObject filled =
        cluster.awaitObject(
            Resources.SECRETS, namespace, "mine", s -> !s.text("data", "token").isEmpty());
    assertThat(filled.text("metadata", "annotations", "kubernetes.io/service-account.uid"))
        .isEqualTo(account.uid());
    KubeObject unused =
        cluster.change(Resources.SECRETS, namespace, "mine", "{data: {token: null, ca.crt: null}}");
    cluster.awaitObject(
        Resources.SECRETS,
        namespace,
        "mine",
        s -> !s.text("data", "token").isEmpty() && !s.text("data", "ca.crt").isEmpty());
  }

  @Test
  void tokenSecret_ofNobodyOrAnotherUid_isDeleted() {
    account("default");
    secret("nobody", "absent", "");
    cluster.awaitGone(Resources.SECRETS, namespace, "nobody");
    secret("former", "default", "00000000-0000-0000-0000-000000000000");
    cluster.awaitGone(Resources.SECRETS, namespace, "former");
  }

  @Test
  void restart_accountWentMeanwhile_itsSecretGoes() throws Exception {
    KubeObject unused =
        cluster.apply(
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: %s}}"
                .formatted(namespace));
    String secret = secretOf(account("robot"));
    cluster.restartControllers(() -> delete("robot"));
    cluster.awaitGone(Resources.SECRETS, namespace, secret);
  }

  /** KEP-2799. */
  @Test
  void generatedToken_unusedForAYear_isInvalidAndAnotherYearLaterGone() throws Exception {
    KubeObject unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: kube-apiserver-legacy-service-account-token-tracking, namespace: kube-system}
            data: {since: "%s"}
            """
                .formatted(today()));
    String generated = secretOf(account("default"));
    secret("by-hand", "default", "");
    secret("mounted", "default", "");
    unused =
        cluster.change(
            Resources.SERVICE_ACCOUNTS,
            namespace,
            "default",
            "{secrets: [{name: %s}, {name: mounted}]}".formatted(generated));
    unused =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: p, namespace: %s}
            spec:
              volumes: [{name: v, secret: {secretName: mounted}}]
              containers: [{name: c, image: i}]
            """
                .formatted(namespace));
    leap(364);
    assertThat(invalidSince(generated)).isEmpty();
    leap(3);
    await().until(() -> !invalidSince(generated).isEmpty());
    assertThat(invalidSince(generated)).isEqualTo(today());
    assertThat(invalidSince("by-hand")).isEmpty();
    assertThat(invalidSince("mounted")).isEmpty();
    leap(364);
    assertThat(cluster.admin().find(Resources.SECRETS, namespace, generated)).isNotNull();
    leap(3);
    cluster.awaitGone(Resources.SECRETS, namespace, generated);
    assertThat(cluster.admin().find(Resources.SECRETS, namespace, "mounted")).isNotNull();
    assertThat(cluster.admin().find(Resources.SECRETS, namespace, "by-hand")).isNotNull();
  }

  /** The cleaner looks when it starts, and then once a day. */
  private void leap(int days) throws InterruptedException {
    cluster.restartControllers(() -> clock.ahead = clock.ahead.plusDays(days));
  }

  private String today() {
    return clock.instant().toString().substring(0, 10);
  }

  private String invalidSince(String secret) {
    return cluster
        .admin()
        .get(Resources.SECRETS, namespace, secret)
        .labels()
        .getOrDefault("kubernetes.io/legacy-token-invalid-since", "");
  }
}
