package dev.coracle.cluster.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.auth.certificates.Pem;
import dev.coracle.cluster.data.Kubeconfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Acting as somebody else: who it is then, and for which requests. */
class ImpersonationTest extends AuthorizationFixture {

  private String whoAmI(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("auth", "whoami", "-o", "json"));
    command.addAll(List.of(arguments));
    return cluster.kubectl(command.toArray(new String[0])).text();
  }

  @Test
  void impersonation_isWhoeverTheHeadersSay() throws Exception {
    JsonNode jane =
        Json.read(whoAmI("--as=jane", "--as-group=devs", "--as-uid=u1"))
            .path("status")
            .path("userInfo");
    assertThat(jane)
        .isEqualTo(yaml("{username: jane, uid: u1, groups: [devs, 'system:authenticated']}"));
    assertThat(
            Json.read(whoAmI("--as=system:serviceaccount:a:b"))
                .at("/status/userInfo/groups")
                .toString())
        .isEqualTo(
            "[\"system:serviceaccounts\",\"system:serviceaccounts:a\",\"system:authenticated\"]");
    assertThat(Json.read(whoAmI("--as=system:node:n")).at("/status/userInfo/groups").toString())
        .isEqualTo("[\"system:nodes\",\"system:authenticated\"]");
    assertThat(cluster.kubectl("--as=system:anonymous", "get", "--raw", "/apis").text())
        .contains("User \"system:anonymous\" cannot get path \"/apis\"");
  }

  private static final String ACT =
      """
      [{apiGroups: [authentication.k8s.io], resources: [users], resourceNames: [jane],
        verbs: ['impersonate:user-info']},
       {apiGroups: [authentication.k8s.io], resources: [groups], verbs: ['impersonate:user-info']},
       {apiGroups: [authentication.k8s.io], resources: [nodes], verbs: ['impersonate:associated-node']},
       {apiGroups: [''], resources: [pods],
        verbs: ['impersonate-on:user-info:list', 'impersonate-on:associated-node:list']}]
      """
          .replace("\n", " ");

  @Test
  void constrainedImpersonation_isForTheseRequestsOnly() throws Exception {
    grant("deputy", ACT, "impersonate:user-info", "authentication.k8s.io", "groups");
    grant(
        "jane",
        "[{apiGroups: [''], resources: [pods, secrets], verbs: [list]}]",
        "list",
        "",
        "pods");
    // kubectl's own discovery would need rights as well.
    String pods = "/api/v1/namespaces/default/pods";
    String as = "--kubeconfig=" + kubeconfigOf("deputy");
    assertThat(cluster.kubectl(as, "--as=jane", "get", "--raw", pods).text()).contains("PodList");
    assertThat(
            cluster
                .kubectl(as, "--as=jane", "get", "--raw", "/api/v1/namespaces/default/secrets")
                .text())
        .contains(
            "User \"deputy\" cannot impersonate-on:user-info:list resource \"secrets\" in API group"
                + " \"\" in the namespace \"default\"");
    assertThat(cluster.kubectl(as, "--as=joe", "get", "--raw", pods).text())
        .contains(
            "users.authentication.k8s.io \"joe\" is forbidden: User \"deputy\" cannot"
                + " impersonate:user-info resource \"users\" in API group \"authentication.k8s.io\"");
    assertThat(
            cluster
                .kubectl(as, "--as=jane", "--as-group=system:masters", "get", "--raw", pods)
                .text())
        .contains("impersonating the system:masters group is not allowed");
    assertThat(cluster.kubectl(as, "--as=system:node:n", "get", "--raw", pods).text())
        .contains("cannot impersonate-on:arbitrary-node:list resource \"pods\"");
  }

  /** A kubeconfig of a user, by a certificate that the cluster's authority issues. */
  private Path kubeconfigOf(String user) throws Exception {
    var authority =
        new CertificateAuthority(
            new KeyAndCertificate(
                Pem.privateKey(Files.readString(directory.resolve("data/pki/ca.key"))),
                Pem.certificate(Files.readString(directory.resolve("data/pki/ca.crt")))));
    var client =
        authority.issue(
            CertificateAuthority.Request.client(user, List.of(), Duration.ofDays(1)),
            Instant.now());
    return Files.writeString(
        directory.resolve(user + ".kubeconfig"),
        Kubeconfig.text(
            new Kubeconfig.Access(
                cluster.server(),
                Files.readString(directory.resolve("data/pki/ca.crt")),
                client.certificatePem(),
                client.keyPem())));
  }
}
