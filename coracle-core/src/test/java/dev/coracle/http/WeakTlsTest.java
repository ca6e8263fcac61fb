package dev.coracle.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.Patience;
import dev.coracle.http.tls.ServerTls;
import dev.coracle.http.tls.TlsPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of TLS is spoken, and what is too old or too weak. */
class WeakTlsTest {

  private static HttpServer start(ServerTls tls) throws IOException {
    return HttpServer.start(
        HttpServerOptions.loopback(tls),
        (request, responder) -> responder.send(200, new Headers(), request.readBody(1 << 20)));
  }

  private static SSLSocket tls(HttpServer to, TestCertificates authority) throws IOException {
    SSLContext context = authority.clientContext();
    return (SSLSocket) context.getSocketFactory().createSocket("localhost", to.port());
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1", "TLSv1.1"})
  void tls_oldVersion_isRefused(String version) throws Exception {
    TestCertificates authority = new TestCertificates();
    // the JDK's client refuses these by itself, so the hello is written by hand
    int minor = version.equals("TLSv1") ? 1 : 2;
    try (HttpServer secure = start(authority.serverTls());
        Socket socket = new Socket("127.0.0.1", secure.port())) {
      socket.setSoTimeout(Patience.MILLIS);
      socket.getOutputStream().write(clientHello(minor, 0xc013, 0xc014, 0x002f, 0x0035));
      byte[] answer = socket.getInputStream().readNBytes(7);
      assertThat(answer[0]).as("an alert").isEqualTo((byte) 21);
      assertThat(answer[6]).as("protocol_version").isEqualTo((byte) 70);
    }
  }

  @Test
  void tls_weakSuites_areRefused() throws Exception {
    TestCertificates authority = new TestCertificates();
    // RC4, 3DES, CBC with SHA-1, static RSA, anonymous, NULL
    int[] weak = {
      0x0005, 0x000a, 0xc013, 0xc014, 0xc009, 0xc00a, 0x002f, 0x0035, 0x009c, 0x009d, 0x003c,
      0xc027, 0xc018, 0x0034, 0x0002, 0xc011, 0xc012
    };
    try (HttpServer secure = start(authority.serverTls());
        Socket socket = new Socket("127.0.0.1", secure.port())) {
      socket.setSoTimeout(Patience.MILLIS);
      socket.getOutputStream().write(clientHello(3, weak));
      byte[] answer = socket.getInputStream().readNBytes(7);
      assertThat(answer[0]).as("an alert").isEqualTo((byte) 21);
      assertThat(answer[6]).as("handshake_failure").isEqualTo((byte) 40);
    }
  }

  @Test
  void tls_strongSuiteByTheSameHello_isAccepted() throws Exception {
    TestCertificates authority = new TestCertificates();
    try (HttpServer secure = start(authority.serverTls());
        Socket socket = new Socket("127.0.0.1", secure.port())) {
      socket.setSoTimeout(Patience.MILLIS);
      socket.getOutputStream().write(clientHello(3, 0xc02b, 0xc02f));
      assertThat(socket.getInputStream().readNBytes(1)[0]).as("a handshake").isEqualTo((byte) 22);
    }
  }

  @Test
  void tls_policy_versionsAndSuites() throws Exception {
    TestCertificates authority = new TestCertificates();
    try (HttpServer only13 =
            start(authority.serverTls().withPolicy(new TlsPolicy(true, List.of())));
        SSLSocket socket = tls(only13, authority)) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    String suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    try (HttpServer one =
            start(authority.serverTls().withPolicy(new TlsPolicy(false, List.of(suite))));
        SSLSocket good = tls(one, authority);
        SSLSocket other = tls(one, authority)) {
      good.setEnabledProtocols(new String[] {"TLSv1.2"});
      good.startHandshake();
      assertThat(good.getSession().getCipherSuite()).isEqualTo(suite);
      other.setEnabledProtocols(new String[] {"TLSv1.2"});
      other.setEnabledCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"});
      assertThatThrownBy(other::startHandshake).isInstanceOf(SSLException.class);
    }
  }

  /** A ClientHello of TLS 1.(minor-1) with ECDHE over P-256 and usual signatures. */
  private static byte[] clientHello(int minor, int... suites) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(3);
    body.write(minor);
    body.writeBytes(new byte[32]);
    body.write(0);
    two(body, suites.length * 2);
    for (int suite : suites) {
      two(body, suite);
    }
    body.write(1);
    body.write(0);
    ByteArrayOutputStream extensions = new ByteArrayOutputStream();
    extension(extensions, 10, 0, 2, 0, 23);
    extension(extensions, 11, 1, 0);
    extension(extensions, 13, 0, 8, 4, 3, 4, 1, 8, 4, 2, 1);
    two(body, extensions.size());
    body.writeBytes(extensions.toByteArray());
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.write(22);
    record.write(3);
    record.write(1);
    two(record, body.size() + 4);
    record.write(1);
    record.write(0);
    two(record, body.size());
    record.writeBytes(body.toByteArray());
    return record.toByteArray();
  }

  private static void extension(ByteArrayOutputStream out, int type, int... bytes) {
    two(out, type);
    two(out, bytes.length);
    for (int b : bytes) {
      out.write(b);
    }
  }

  private static void two(ByteArrayOutputStream out, int number) {
    out.write(number >> 8);
    out.write(number);
  }
}
