package dev.coracle.cluster.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Clock;
import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.CertificateAuthority.Request;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.cluster.TestCluster;
import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.AuthenticationOptions;
import dev.coracle.cluster.options.AuthorizationOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.cluster.start.StartException;
import dev.coracle.http.tls.ServerTls;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates change under a running server: nobody restarts anything. */
public class ServingCertificatesTest {

  private static final Instant NOW = Instant.now();

  private final Map<CertificateAuthority, KeyAndCertificate> clients = new HashMap<>();
  @TempDir private Path directory;

  public static X509Certificate shown(TestCluster cluster) throws Exception {
    URI server = URI.create(cluster.server());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(server.getHost(), server.getPort())) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private static void write(Path certificate, Path key, KeyAndCertificate pair) throws Exception {
    Files.writeString(key, pair.keyPem());
    Files.writeString(certificate, pair.certificatePem());
  }

  private static KeyAndCertificate server(CertificateAuthority authority) {
    return authority.issue(
        Request.server("mine", List.of("localhost"), List.of("127.0.0.1"), Duration.ofDays(9)),
        NOW);
  }

  @Test
  void files_thatChange_areShownToNewConnections_andBrokenOnesAreNot() throws Exception {
    CertificateAuthority authority =
        CertificateAuthority.create("mine-ca", NOW, Duration.ofDays(10));
    Path certificate = directory.resolve("tls.crt");
    Path key = directory.resolve("tls.key");
    KeyAndCertificate first = server(authority);
    write(certificate, key, first);
    Files.writeString(
        certificate,
        authority.keyAndCertificate().certificatePem(),
        java.nio.file.StandardOpenOption.APPEND);
    ClusterOptions options =
        TestCluster.options(directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER)
            .toBuilder()
            .server(
                ApiServerOptions.DEFAULTS.withServing(
                    new ApiServerOptions.Serving(certificate, key, "", List.of())))
            .build();
    try (TestCluster cluster = TestCluster.start(options)) {
      assertThat(shown(cluster)).isEqualTo(first.certificate());
      TestCluster.Output output = cluster.kubectl("get", "namespaces");
      assertThat(output.text()).as("the kubeconfig trusts the authority").contains("default");

      Files.writeString(certificate, "not a certificate");
      KeyAndCertificate second = server(authority);
      Files.writeString(key, second.keyPem());
      assertThat(shown(cluster)).isEqualTo(first.certificate());

      write(certificate, key, second);
      Awaitility.await()
          .untilAsserted(() -> assertThat(shown(cluster)).isEqualTo(second.certificate()));
    }
  }

  @Test
  void clientAuthorities_areRereadAndForgotten() throws Exception {
    CertificateAuthority old = CertificateAuthority.create("old", NOW, Duration.ofDays(9));
    CertificateAuthority fresh = CertificateAuthority.create("fresh", NOW, Duration.ofDays(9));
    Path bundle =
        Files.writeString(
            directory.resolve("clients.crt"), old.keyAndCertificate().certificatePem());
    AuthenticationOptions authentication = AuthenticationOptions.USUAL.withClientCa(bundle);
    ClusterOptions options =
        TestCluster.options(directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER)
            .toBuilder()
            .server(ApiServerOptions.DEFAULTS.withAuth(authentication, AuthorizationOptions.USUAL))
            .build();
    try (TestCluster cluster = TestCluster.start(options)) {
      assertThat(whoami(cluster, old)).contains("somebody");
      assertThat(whoami(cluster, fresh)).contains("Unauthorized");

      Files.writeString(bundle, fresh.keyAndCertificate().certificatePem());
      Awaitility.await()
          .untilAsserted(() -> assertThat(whoami(cluster, fresh)).contains("somebody"));
      assertThat(whoami(cluster, old)).contains("Unauthorized");
    }
  }

  private String whoami(TestCluster cluster, CertificateAuthority authority) throws Exception {
    KeyAndCertificate client =
        clients.computeIfAbsent(
            authority,
            issuer -> issuer.issue(Request.client("somebody", List.of(), Duration.ofDays(1)), NOW));
    Path key = Files.writeString(directory.resolve("client.key"), client.keyPem());
    Path certificate = Files.writeString(directory.resolve("client.crt"), client.certificatePem());
    return cluster
        .kubectl(
            "--kubeconfig=/dev/null",
            "--server=" + cluster.server(),
            "--insecure-skip-tls-verify",
            "--client-key=" + key,
            "--client-certificate=" + certificate,
            "auth",
            "whoami")
        .text();
  }

  /** The cluster's own certificate, on a clock that is turned. */
  @Test
  void ownCertificate_isRenewedBeforeItExpires() throws Exception {
    TurnedClock clock = new TurnedClock();
    Pki pki = Pki.open(directory.resolve("pki"), clock);
    try (ServingCertificates certificates =
        new ServingCertificates(
            ApiServerOptions.Serving.DEFAULTS,
            () -> pki.server("s", "s", List.of("localhost"), List.of()),
            pki.files("s"),
            List::of,
            List.of(),
            clock)) {
      X509Certificate before = certificates.tls().chain().getFirst();
      AtomicReference<ServerTls> reloaded = new AtomicReference<>();
      certificates.start(reloaded::set);

      clock.turn(Duration.ofDays(300));
      assertThat(reloaded).hasNullValue();
      clock.turn(Duration.ofDays(40));

      assertThat(reloaded.get()).isNotNull();
      X509Certificate after = reloaded.get().chain().getFirst();
      assertThat(after.getNotAfter()).isAfter(before.getNotAfter());
      after.verify(pki.authority().certificate().getPublicKey());
    }
  }

  @Test
  void options_thatMakeNoSense_areRefused() {
    for (String version : List.of("VersionTLS10", "VersionTLS11", "VersionTLS9")) {
      assertThatThrownBy(() -> start(new ApiServerOptions.Serving(null, null, version, List.of())))
          .isInstanceOf(StartException.class)
          .hasMessageMatching(".*(not supported|unknown tls version).*");
    }
    assertThatThrownBy(
            () ->
                start(
                    new ApiServerOptions.Serving(
                        null, null, "", List.of("TLS_RSA_WITH_3DES_EDE_CBC_SHA"))))
        .hasMessageContaining("not supported or doesn't exist");
    assertThatThrownBy(() -> start(new ApiServerOptions.Serving(Path.of("x"), null, "", List.of())))
        .hasMessageContaining("go together");
  }

  private void start(ApiServerOptions.Serving serving) {
    new ServingCertificates(
            serving,
            () -> {
              throw new AssertionError();
            },
            List.of(),
            List::of,
            List.of(),
            new TurnedClock())
        .close();
  }

  /** Stands still until it is turned, and then runs what is due. */
  private static final class TurnedClock implements Clock {
    private Instant now = NOW;
    private Instant due = Instant.MAX;
    private Runnable task = () -> {};

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public Timer schedule(Duration delay, Runnable later) {
      due = now.plus(delay);
      task = later;
      return () -> due = Instant.MAX;
    }

    void turn(Duration by) {
      now = now.plus(by);
      if (!due.isAfter(now)) {
        due = Instant.MAX;
        task.run();
      }
    }
  }

  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
