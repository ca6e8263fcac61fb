package dev.coracle.controller.serviceaccount;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import dev.coracle.controller.serviceaccount.LegacyTokenDecision.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LegacyTokenDecisionTest {

  private static final LegacyTokenDecision DECISION =
      new LegacyTokenDecision(Duration.ofDays(365), Instant.parse("2027-06-01T12:00:00Z"));

  private static final KubeObject ACCOUNT =
      Make.object(
          "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: ns}, secrets: [{name: token}]}");

  private static KubeObject secret(String created, String labels) {
    return Make.object(
        "{apiVersion: v1, kind: Secret, metadata: {name: token, namespace: ns, creationTimestamp: '%s', labels: {%s}}}"
            .formatted(created, labels));
  }

  private static Verdict of(String created, String labels) {
    return DECISION.of(secret(created, labels), ACCOUNT, Set.of());
  }

  @Test
  void canTell_trackedForAYearAndADay_only() {
    assertThat(DECISION.canTell("2026-05-31")).isTrue();
    assertThat(DECISION.canTell("2026-06-01")).isFalse();
    assertThat(DECISION.canTell("sometime")).isFalse();
    assertThat(DECISION.canTell("")).isFalse();
  }

  @Test
  void of_unusedForAYear_isInvalidatedAndAYearLaterDeleted() {
    String old = "2020-01-01T00:00:00Z";
    assertThat(of(old, "")).isEqualTo(Verdict.INVALIDATE);
    assertThat(of(old, "kubernetes.io/legacy-token-last-used: '2026-05-31'"))
        .isEqualTo(Verdict.INVALIDATE);
    assertThat(of(old, "kubernetes.io/legacy-token-invalid-since: '2026-06-01'"))
        .isEqualTo(Verdict.KEEP);
    assertThat(of(old, "kubernetes.io/legacy-token-invalid-since: '2026-05-31'"))
        .isEqualTo(Verdict.DELETE);
    assertThat(of(old, "kubernetes.io/legacy-token-invalid-since: 'whenever'"))
        .isEqualTo(Verdict.INVALIDATE);
  }

  @Test
  void of_usedNewUnknownOrForeign_isKept() {
    String old = "2020-01-01T00:00:00Z";
    assertThat(of(old, "kubernetes.io/legacy-token-last-used: '2026-06-01'"))
        .isEqualTo(Verdict.KEEP);
    assertThat(of(old, "kubernetes.io/legacy-token-last-used: 'unknown'")).isEqualTo(Verdict.KEEP);
    assertThat(of("2026-06-02T00:00:00Z", "")).isEqualTo(Verdict.KEEP);
    KubeObject secret = secret(old, "");
    assertThat(DECISION.of(secret, null, Set.of())).isEqualTo(Verdict.KEEP);
    assertThat(DECISION.of(secret, ACCOUNT, Set.of("token"))).isEqualTo(Verdict.KEEP);
    KubeObject lists =
        Make.object("{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: ns}}");
    assertThat(DECISION.of(secret, lists, Set.of())).isEqualTo(Verdict.KEEP);
  }
}
