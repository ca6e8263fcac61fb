package dev.coracle.controller.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.controller.Make;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestsTest {

  private static final Instant NOW = Instant.parse("2026-01-02T12:00:00Z");
  private static final String KUBELET = "kubernetes.io/kube-apiserver-client-kubelet";
  private static final String SERVING = "kubernetes.io/kubelet-serving";
  private static final List<String> CLIENT = List.of("digital signature", "client auth");

  private static Authority.Subject subject(
      String name, String organization, List<String> dns, List<String> addresses) {
    return new Authority.Subject(name, List.of(organization), dns, addresses, List.of(), List.of());
  }

  private static Authority.Subject node() {
    return subject("system:node:n", "system:nodes", List.of(), List.of());
  }

  @Test
  void refusal_ofKubeletsClient_namesWhatIsWrong() {
    assertThat(Requests.refusal(KUBELET, node(), CLIENT)).isEmpty();
    assertThat(Requests.refusal(KUBELET, node(), List.of("server auth")))
        .startsWith("usages did not match");
    assertThat(
            Requests.refusal(KUBELET, subject("n", "system:nodes", List.of(), List.of()), CLIENT))
        .isEqualTo("subject common name does not begin with system:node:");
    assertThat(
            Requests.refusal(
                KUBELET, subject("system:node:n", "system:masters", List.of(), List.of()), CLIENT))
        .isEqualTo("subject organization is not system:nodes");
    assertThat(
            Requests.refusal(
                KUBELET, subject("system:node:n", "system:nodes", List.of("n"), List.of()), CLIENT))
        .isEqualTo("DNS subjectAltNames are not allowed");
  }

  @Test
  void refusal_ofKubeletsServing_needsANameOrAddress() {
    List<String> usages = List.of("digital signature", "key encipherment", "server auth");
    assertThat(Requests.refusal(SERVING, node(), usages))
        .isEqualTo("DNS or IP subjectAltName is required");
    assertThat(
            Requests.refusal(
                SERVING,
                subject("system:node:n", "system:nodes", List.of(), List.of("10.0.0.1")),
                usages))
        .isEmpty();
  }

  private static boolean isOver(String created, String status) {
    KubeObject request =
        Make.object(
            """
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {name: r, creationTimestamp: "%s"}
            status: {%s}
            """
                .formatted(created, status));
    return CleanerController.isOver(request, NOW);
  }

  private static String condition(String type, String since) {
    return "conditions: [{type: %s, status: 'True', lastUpdateTime: '%s'}]".formatted(type, since);
  }

  @Test
  void isOver_decidedForAnHour_orUndecidedForADay() {
    assertThat(isOver("2026-01-01T11:00:00Z", "")).isTrue();
    assertThat(isOver("2026-01-01T13:00:00Z", "")).isFalse();
    String created = "2026-01-02T10:00:00Z";
    assertThat(isOver(created, condition("Denied", "2026-01-02T10:59:00Z"))).isTrue();
    assertThat(isOver(created, condition("Denied", "2026-01-02T11:01:00Z"))).isFalse();
    assertThat(isOver(created, condition("Failed", "2026-01-02T10:59:00Z"))).isTrue();
    assertThat(isOver(created, condition("Approved", "2026-01-02T10:59:00Z"))).isFalse();
    assertThat(isOver(created, condition("Approved", "2025-12-02T10:59:00Z"))).isFalse();
    assertThat(
            isOver(
                created, condition("Approved", "2026-01-02T10:59:00Z") + ", certificate: bm9uZQ=="))
        .isTrue();
  }
}
