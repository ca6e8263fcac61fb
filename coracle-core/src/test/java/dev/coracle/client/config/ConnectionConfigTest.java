package dev.coracle.client.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConnectionConfigTest {

  private static ConnectionConfig with(String token) {
    return ConnectionConfig.of(
        URI.create("https://localhost"),
        Material.NONE,
        new Material.Data(token.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void authorization_ofAToken_isABearers() throws IOException {
    assertThat(with("abc.def\n").authorization()).isEqualTo("Bearer abc.def");
  }

  @Test
  void authorization_ofWhatIsNoToken_isRefused() {
    assertThatThrownBy(with(" \n")::authorization).hasMessage("the bearer token is empty");
    for (String bad : new String[] {"a\nb", "a\u0001b", "é"}) {
      assertThatThrownBy(with(bad)::authorization)
          .isInstanceOf(IOException.class)
          .hasMessage("the bearer token has characters that no header may have");
    }
  }

  @Test
  void authorization_ofUserAndPassword_isBasic() throws IOException {
    ConnectionConfig config =
        new ConnectionConfig(
            URI.create("https://localhost"),
            "",
            false,
            Material.NONE,
            Material.NONE,
            Material.NONE,
            Material.NONE,
            "jane:secret",
            "default");

    assertThat(config.authorization()).isEqualTo("Basic amFuZTpzZWNyZXQ=");
  }

  @Test
  void trusted_ofNoUse_saysWhereAndWhatItMustBe() {
    URI server = URI.create("https://host");
    assertThatThrownBy(
            () ->
                ConnectionConfig.of(server, new Material.Data("x".getBytes(UTF_8)), Material.NONE)
                    .trusted())
        .isInstanceOf(IOException.class)
        .hasMessage(
            "unable to load certificates from certificate-authority-data of the kubeconfig: no PEM"
                + " certificate found; it must be PEM (-----BEGIN CERTIFICATE-----) in base64");
    assertThatThrownBy(
            () ->
                ConnectionConfig.of(
                        server, new Material.InFile(Path.of("/no/such/ca.crt")), Material.NONE)
                    .trusted())
        .isInstanceOf(IOException.class)
        .hasMessage(
            "unable to read certificate-authority /no/such/ca.crt: no such file or directory");
  }
}
