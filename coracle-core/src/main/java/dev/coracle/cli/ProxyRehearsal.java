package dev.coracle.cli;

import dev.coracle.auth.certificates.CertificateAuthority;
import dev.coracle.auth.certificates.KeyAndCertificate;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.tls.ServerTls;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The launcher's rehearsal of {@code coracle proxy}: a proxy process asks a small server over TLS,
 * while its JVM records which classes that takes.
 */
final class ProxyRehearsal {

  private static final Duration VALID = Duration.ofHours(1);
  private static final String HEAD = " HTTP/1.1\r\nHost: localhost\r\n";

  private ProxyRehearsal() {}

  /**
   * @param command that starts the proxy, without its flags
   * @return whether it answered
   */
  static boolean run(List<String> command) throws IOException, InterruptedException {
    Instant now = Instant.now();
    CertificateAuthority authority = CertificateAuthority.create("rehearsal", now, VALID);
    KeyAndCertificate identity =
        authority.issue(
            CertificateAuthority.Request.server(
                "rehearsal", List.of("localhost"), List.of("127.0.0.1"), VALID),
            now);
    KeyAndCertificate user =
        authority.issue(CertificateAuthority.Request.client("user", List.of(), VALID), now);
    Path directory = Files.createTempDirectory("coracle-rehearsal");
    ServerTls tls =
        ServerTls.of(identity.key(), List.of(identity.certificate()))
            .requestingClientCertificates(List.of(authority.certificate()));
    try (HttpServer server =
        HttpServer.start(HttpServerOptions.loopback(tls), ProxyRehearsal::answer)) {
      Path kubeconfig = directory.resolve("kubeconfig");
      Files.writeString(kubeconfig, kubeconfig(server.port(), authority, user, directory));
      return rehearse(command, kubeconfig, directory);
    } finally {
      for (String name : List.of("kubeconfig", "token")) {
        Files.deleteIfExists(directory.resolve(name));
      }
      Files.deleteIfExists(directory);
    }
  }

  private static void answer(HttpRequest request, HttpResponder responder) throws IOException {
    request.readBody(1 << 20);
    responder.send(200, Headers.of("Content-Type", "application/json"), new byte[2_000]);
  }

  private static String kubeconfig(
      int port, CertificateAuthority authority, KeyAndCertificate user, Path directory)
      throws IOException {
    Path token = Files.writeString(directory.resolve("token"), "rehearsal\n");
    return """
    apiVersion: v1
    kind: Config
    current-context: rehearsal
    clusters:
    - name: rehearsal
      cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}
    contexts:
    - name: rehearsal
      context: {cluster: rehearsal, user: rehearsal}
    users:
    - name: rehearsal
      user: {tokenFile: "%s", client-certificate-data: %s, client-key-data: %s}
    """
        .formatted(
            port,
            base64(authority.keyAndCertificate().certificatePem()),
            token,
            base64(user.certificatePem()),
            base64(user.keyPem()));
  }

  private static String base64(String pem) {
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
  }

  private static boolean rehearse(List<String> command, Path kubeconfig, Path directory)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("--port=0", "--kubeconfig=" + kubeconfig, "--www=" + directory));
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      if (line == null) {
        return false;
      }
      int port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
      for (int i = 0; i < 200; i++) {
        ask(port, "GET /api/v1/pods?limit=1" + HEAD + "Connection: close\r\n\r\n");
      }
      ask(
          port,
          "POST /api" + HEAD + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
      ask(port, "GET /static/" + HEAD + "Connection: close\r\n\r\n");
      ask(port, "GET /static/token" + HEAD + "Connection: close\r\n\r\n");
      ask(port, "GET /api HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n");
      ask(port, "GET /api HTTP/1.1\r\n\r\n");
    } finally {
      process.destroy();
      process.waitFor(10, TimeUnit.SECONDS);
      process.destroyForcibly();
    }
    return true;
  }

  private static void ask(int port, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readAllBytes();
    }
  }
}
