package dev.coracle.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Yaml;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.pki.ServingCertificatesTest;
import dev.coracle.network.PodBridge;
import dev.coracle.podinfo.PodInfo;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** coracle-podinfo in a Pod that really runs, while its labels, its token and the CA change. */
class PodInfoInPodTest {

  private static final Instant NOW = Instant.now();

  @TempDir private Path directory;
  private TestCluster cluster;

  private static Path classes(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static CertificateAuthority authority(String name) {
    return CertificateAuthority.create(name, NOW, Duration.ofDays(30));
  }

  private static String pem(CertificateAuthority... authorities) {
    StringBuilder pem = new StringBuilder();
    for (CertificateAuthority authority : authorities) {
      pem.append(authority.keyAndCertificate().certificatePem());
    }
    return pem.toString();
  }

  /** As a careful operator writes it: beside, then over it. */
  private void replace(String file, String text) throws Exception {
    Path fresh = Files.writeString(directory.resolve(file + ".new"), text);
    Files.move(fresh, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
  }

  private KeyAndCertificate serveBy(CertificateAuthority authority) throws Exception {
    KeyAndCertificate pair =
        authority.issue(
            CertificateAuthority.Request.server(
                "kube-apiserver",
                List.of("localhost", "kubernetes.default.svc"),
                List.of("127.0.0.1", "10.96.0.1"),
                Duration.ofDays(20)),
            NOW);
    replace("tls.key", pair.keyPem());
    replace("tls.crt", pair.certificatePem() + pem(authority));
    return pair;
  }

  private void start(CertificateAuthority first, CertificateAuthority second) throws Exception {
    replace("root.crt", pem(first));
    KeyAndCertificate unused = serveBy(first);
    ClusterOptions options =
        TestCluster.options(directory, ClusterOptions.Runtime.PROCESS, ClusterOptions.Part.ALL)
            .toBuilder()
            .turnableClock(true)
            .server(
                ApiServerOptions.DEFAULTS.withServing(
                    new ApiServerOptions.Serving(
                        directory.resolve("tls.crt"),
                        directory.resolve("tls.key"),
                        "",
                        List.of(),
                        directory.resolve("root.crt"))))
            .build();
    cluster = TestCluster.start(options);
    ObjectNode kubeconfig = (ObjectNode) Yaml.read(Files.readAllBytes(cluster.kubeconfig()));
    ((ObjectNode) kubeconfig.at("/clusters/0/cluster"))
        .put(
            "certificate-authority-data",
            Base64.getEncoder()
                .encodeToString(pem(first, second).getBytes(StandardCharsets.UTF_8)));
    Files.writeString(cluster.kubeconfig(), kubeconfig.toString());
  }

  private String kubectl(String... arguments) throws Exception {
    TestCluster.Output output = cluster.kubectl(arguments);
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  private void awaitLog(String wanted) {
    Awaitility.await().untilAsserted(() -> assertThat(kubectl("logs", "asking")).contains(wanted));
  }

  private String working() throws Exception {
    return kubectl("logs", "asking")
        .lines()
        .filter(line -> line.startsWith("working "))
        .reduce("", (before, last) -> last);
  }

  private static String authorityOf(String pem) {
    return " authority=" + pem.strip().hashCode();
  }

  private void create() throws Exception {
    String pod =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: asking, labels: {phase: begin}, annotations: {note: "first \\"note\\""}}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
          - name: asking
            image: host
            command: [JAVA, -Xmx48m, -XX:+UseSerialGC, -XX:TieredStopAtLevel=1, -cp, "/opt/podinfo:/opt/program", dev.coracle.cluster.node.PodProgram]
            volumeMounts:
            - {name: podinfo, mountPath: /etc/podinfo}
            - {name: library, mountPath: /opt/podinfo}
            - {name: program, mountPath: /opt/program}
          volumes:
          - {name: library, hostPath: {path: "LIBRARY"}}
          - {name: program, hostPath: {path: "PROGRAM"}}
          - name: podinfo
            downwardAPI:
              items:
              - {path: labels, fieldRef: {fieldPath: metadata.labels}}
              - {path: annotations, fieldRef: {fieldPath: metadata.annotations}}
        """
            .replace("JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString())
            .replace("LIBRARY", classes(PodInfo.class).toString())
            .replace("PROGRAM", classes(PodProgram.class).toString());
    TestCluster.Output output = cluster.kubectlWithInput(pod, "create", "-f", "-");
    assertThat(output.exitCode()).as(output.text()).isZero();
  }

  @Test
  void requests_goOnWhileLabelsTokenAndAuthorityChange_andNeverUnverified() throws Exception {
    assumeTrue(PodBridge.obstacle() == null, "needs root and ip, nft: " + PodBridge.obstacle());
    CertificateAuthority first = authority("first");
    CertificateAuthority second = authority("second");
    start(first, second);
    try (TestCluster running = cluster) {
      create();
      awaitLog(authorityOf(pem(first)));

      kubectl("label", "pod", "asking", "phase=middle", "--overwrite");
      awaitLog("changed phase=middle note=first \"note\"");
      kubectl("annotate", "pod", "asking", "note=second", "--overwrite");
      awaitLog("changed phase=middle note=second");

      String before = working();
      TestCluster.Output turned =
          running.kubectlWithInput(
              "{\"advance\":\"50m\"}", "create", "--raw", "/coracle/clock", "-f", "-");
      assertThat(turned.exitCode()).as(turned.text()).isZero();
      Awaitility.await().untilAsserted(() -> assertThat(working()).isNotEqualTo(before));
      awaitLog("account changed");

      replace("root.crt", pem(first, second));
      awaitLog(authorityOf(pem(first, second)));
      KeyAndCertificate served = serveBy(second);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(ServingCertificatesTest.shown(running))
                      .isEqualTo(served.certificate()));
      replace("root.crt", pem(second));
      awaitLog(authorityOf(pem(second)));
      assertThat(kubectl("logs", "asking")).doesNotContain("FAILED");

      // An authority that the server's certificate is not of: nothing is asked any more.
      replace("root.crt", pem(authority("foreign")));
      awaitLog("FAILED javax.net.ssl.SSL");
      replace("root.crt", pem(second));
      Awaitility.await()
          .untilAsserted(
              () -> assertThat(last()).contains("working ").contains(authorityOf(pem(second))));

      kubectl("label", "pod", "asking", "phase=end", "--overwrite");
      awaitLog("ended after ");
      assertThat(requests()).isGreaterThan(100);
    }
  }

  private String last() throws Exception {
    return kubectl("logs", "asking", "--tail=1");
  }

  private int requests() throws Exception {
    String line = kubectl("logs", "asking", "--tail=1").strip();
    return Integer.parseInt(line.replaceAll("\\D+", ""));
  }

  @Test
  void library_isSmallerThan60Kilobytes() throws Exception {
    Path root = classes(PodInfo.class);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (Files.isRegularFile(root)) {
      Files.copy(root, bytes);
    } else {
      try (JarOutputStream jar = new JarOutputStream(bytes);
          Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          jar.putNextEntry(new JarEntry(root.relativize(file).toString()));
          jar.write(Files.readAllBytes(file));
        }
      }
    }
    assertThat(bytes.size()).isBetween(5_000, 60_000);
  }
}
