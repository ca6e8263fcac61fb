package dev.coracle.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cluster.options.ApiServerOptions;
import dev.coracle.cluster.options.AuthenticationOptions;
import dev.coracle.cluster.options.AuthorizationOptions;
import dev.coracle.cluster.options.ClusterOptions;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import dev.coracle.http.HttpOrigin;
import dev.coracle.http.tls.ClientTls;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guards of the threat model that only a whole server shows. */
class HardeningTest {

  @TempDir private Path directory;

  @Test
  void dataDirectory_thatWasOpen_isClosedToOthers() throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (TestCluster cluster =
        TestCluster.start(
            TestCluster.options(
                directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER))) {
      assertThat(cluster.server()).isNotEmpty();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
          .isEqualTo("rwx------");
      try (Stream<Path> files = Files.list(data.resolve("pki"))) {
        for (Path key : files.filter(file -> file.toString().endsWith(".key")).toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
              .as(key.toString())
              .isEqualTo("rw-------");
        }
      }
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(data.resolve("kubeconfig"))))
          .isEqualTo("rw-------");
    }
  }

  /** 200 MB of zeros in 200 kB: a server that unpacked them would hold them all. */
  @Test
  void gzipBody_isNoJsonAndNotUnpacked() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bomb)) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 200; i++) {
        zip.write(zeros);
      }
    }
    Path tokens =
        Files.writeString(directory.resolve("tokens.csv"), "t,admin,1,\"system:masters\"\n");
    try (TestCluster cluster =
            TestCluster.start(
                TestCluster.options(
                        directory, ClusterOptions.Runtime.NONE, ClusterOptions.Part.APISERVER)
                    .toBuilder()
                    .server(
                        ApiServerOptions.DEFAULTS.withAuth(
                            AuthenticationOptions.USUAL.withTokenFile(tokens),
                            AuthorizationOptions.USUAL))
                    .build());
        HttpClient client = new HttpClient(1)) {
      URI server = URI.create(cluster.server());
      HttpOrigin origin =
          client.origin(
              new InetSocketAddress(server.getHost(), server.getPort()),
              server.getAuthority(),
              ClientTls.trustingAnyone());
      Headers headers =
          Headers.of(
              "Authorization",
              "Bearer t",
              "Content-Type",
              "application/json",
              "Content-Encoding",
              "gzip");
      try (ClientResponse response =
          origin.send(
              ClientRequest.of(
                  "POST", "/api/v1/namespaces/default/configmaps", headers, bomb.toByteArray()))) {
        assertThat(response.status()).isEqualTo(400);
        assertThat(new String(response.readBody(1 << 20), StandardCharsets.UTF_8))
            .contains("the object provided is unrecognized");
      }
    }
  }

  /** What holds secrets compares them by MessageDigest.isEqual or looks them up by a hash. */
  @Test
  void secrets_areComparedInConstantTime() throws Exception {
    Path sources = Path.of("src/main/java/dev/coracle/auth");
    List<String> suspicious = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        for (String line : Files.readAllLines(file)) {
          if (line.matches(".*\\b(token|secret|password|signature)(\\(\\))?\\.equals\\(.*")
              || line.matches(".*\\.equals\\((token|secret|password|signature)(\\(\\))?\\).*")) {
            suspicious.add(file.getFileName() + ": " + line.strip());
          }
        }
      }
    }
    assertThat(suspicious).isEmpty();
  }
}
