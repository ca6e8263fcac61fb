package dev.coracle.cluster.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.cluster.start.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PkiTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path directory;

  @Test
  void open_twice_keepsKeysAndCertificates() throws Exception {
    Pki first = Pki.open(directory.resolve("pki"), NOW);
    KeyAndCertificate server = first.server("s", "s", List.of("localhost"), List.of("127.0.0.1"));
    Pki second = Pki.open(directory.resolve("pki"), NOW.plusSeconds(60));
    assertThat(second.authorityPem()).isEqualTo(first.authorityPem());
    assertThat(second.tokenKey()).isEqualTo(first.tokenKey());
    KeyAndCertificate again = second.server("s", "s", List.of("localhost"), List.of("127.0.0.1"));
    assertThat(again.certificate()).isEqualTo(server.certificate());
    server.certificate().verify(first.authority().certificate().getPublicKey());
  }

  @Test
  void open_keyIsOfNoUse_namesItAndKeepsIt() throws Exception {
    Pki unused = Pki.open(directory.resolve("pki"), NOW);
    Path key = Files.writeString(directory.resolve("pki/ca.key"), "garbage");
    assertThatThrownBy(() -> Pki.open(directory.resolve("pki"), NOW))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(key + " is of no use: ")
        .hasMessageContaining("coracle reset");
    assertThat(key).hasContent("garbage");
  }

  @Test
  void server_withANewName_isIssuedAnew() throws IOException {
    Pki pki = Pki.open(directory.resolve("pki"), NOW);
    KeyAndCertificate before = pki.server("s", "s", List.of("localhost"), List.of());
    KeyAndCertificate after = pki.server("s", "s", List.of("localhost", "other"), List.of());
    assertThat(after.certificate()).isNotEqualTo(before.certificate());
  }

  @Test
  void client_nearItsEnd_isIssuedAnew() throws IOException {
    KeyAndCertificate before =
        Pki.open(directory.resolve("pki"), NOW).client("c", "me", List.of("g"));
    KeyAndCertificate after =
        Pki.open(directory.resolve("pki"), NOW.plus(Duration.ofDays(340)))
            .client("c", "me", List.of("g"));
    assertThat(after.certificate()).isNotEqualTo(before.certificate());
  }

  @Test
  void keys_areTheOwnersAlone() throws IOException {
    Pki pki = Pki.open(directory.resolve("pki"), NOW);
    pki.client("c", "me", List.of("g"));
    try (Stream<Path> files = Files.list(directory.resolve("pki"))) {
      List<Path> keys = files.filter(file -> file.toString().endsWith(".key")).toList();
      assertThat(keys).hasSize(4);
      for (Path key : keys) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
            .isEqualTo("rw-------");
      }
    }
  }
}
