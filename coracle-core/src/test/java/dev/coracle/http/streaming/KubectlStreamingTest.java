package dev.coracle.http.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.KubectlOutput;
import dev.coracle.Patience;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.HttpServer;
import dev.coracle.http.HttpServerOptions;
import dev.coracle.http.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The streaming protocols against the real kubectl, over WebSocket and over SPDY. */
@EnabledIf("kubectlIsHere")
class KubectlStreamingTest {

  private static @Nullable HttpServer server;
  private static final List<String> seen = new CopyOnWriteArrayList<>();
  @TempDir static Path directory;

  static boolean kubectlIsHere() {
    return Files.isExecutable(Path.of("/usr/bin/kubectl"))
        || Files.isExecutable(Path.of("/usr/local/bin/kubectl"));
  }

  @BeforeAll
  static void start() throws IOException {
    TestCertificates certificates = new TestCertificates();
    server =
        HttpServer.start(
            HttpServerOptions.loopback(certificates.serverTls()), new OnePodServer()::handle);
    Files.writeString(
        directory.resolve("config"),
        """
        apiVersion: v1
        kind: Config
        current-context: test
        clusters:
        - name: test
          cluster: {server: 'https://127.0.0.1:%d', insecure-skip-tls-verify: true}
        contexts:
        - name: test
          context: {cluster: test, user: test}
        users:
        - name: test
          user: {token: t}
        """
            .formatted(server.port()));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  /** Just enough API for kubectl exec and port-forward; commands run as host processes. */
  private static final class OnePodServer {

    private static final String POD =
        """
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"default","uid":"u"},\
        "spec":{"containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running"}}""";

    void handle(HttpRequest request, HttpResponder responder) throws Exception {
      String path = request.rawPath();
      seen.add(
          request.method()
              + " "
              + path
              + " "
              + request.headers().first("upgrade", "")
              + " "
              + request.headers().elements("sec-websocket-protocol"));
      switch (path) {
        case "/api" -> json(responder, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
        case "/apis" ->
            json(responder, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}");
        case "/api/v1" ->
            json(
                responder,
                """
                {"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods",\
                "singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list"]}]}""");
        case "/api/v1/namespaces/default/pods/p" -> json(responder, POD);
        case "/api/v1/namespaces/default/pods/p/exec" -> exec(request, responder);
        case "/api/v1/namespaces/default/pods/p/portforward" ->
            PortForwardServer.serve(
                request,
                responder,
                List.of(),
                port -> PortForwardTarget.of(new Socket(InetAddress.getLoopbackAddress(), port)));
        default -> responder.send(404, Headers.of());
      }
    }

    private static void json(HttpResponder responder, String json) {
      responder.send(
          200,
          Headers.of("content-type", "application/json"),
          json.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, List<String>> query(String raw) {
      Map<String, List<String>> query = new HashMap<>();
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        query
            .computeIfAbsent(pair.substring(0, equals), name -> new ArrayList<>())
            .add(URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
      return query;
    }

    private static void exec(HttpRequest request, HttpResponder responder) throws IOException {
      Map<String, List<String>> query = query(request.rawQuery());
      RemoteCommandServer.serve(
          request,
          responder,
          RemoteCommandOptions.of(query),
          session -> run(query.getOrDefault("command", List.of()), session));
    }

    private static CommandResult run(List<String> command, RemoteCommandSession session)
        throws Exception {
      Process process = new ProcessBuilder(command).start();
      session.onClose(process::destroy);
      Thread in =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (OutputStream stdin = process.getOutputStream()) {
                      session.stdin().transferTo(stdin);
                    } catch (IOException e) {
                      process.destroy();
                    }
                  });
      Thread out = copy(process.getInputStream(), session.stdout());
      Thread err = copy(process.getErrorStream(), session.stderr());
      int code = process.waitFor();
      out.join();
      err.join();
      in.interrupt();
      return new CommandResult.Exited(code);
    }

    private static Thread copy(InputStream from, OutputStream to) {
      return Thread.ofVirtual()
          .start(
              () -> {
                try {
                  from.transferTo(to);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
    }
  }

  private record Finished(int code, String out, String err) {}

  private static ProcessBuilder kubectl(boolean webSocket, String... arguments) {
    List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig"));
    command.add(directory.resolve("config").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", String.valueOf(webSocket));
    builder.environment().put("KUBECTL_PORT_FORWARD_WEBSOCKETS", String.valueOf(webSocket));
    builder.environment().put("HOME", directory.toString());
    return builder;
  }

  private static Finished run(boolean webSocket, byte[] stdin, String... arguments)
      throws Exception {
    Path in = Files.createTempFile(directory, "in", "");
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    Files.write(in, stdin);
    Process process =
        kubectl(webSocket, arguments)
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor(Patience.SECONDS, TimeUnit.SECONDS))
        .as("kubectl ends; seen %s", seen)
        .isTrue();
    return new Finished(
        process.exitValue(), Files.readString(out), KubectlOutput.said(Files.readString(err)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void exec_commandFails_givesOutputErrorsAndExitCode(boolean webSocket) throws Exception {
    Finished finished =
        run(
            webSocket,
            new byte[0],
            "exec",
            "p",
            "--",
            "sh",
            "-c",
            "echo out; echo err >&2; exit 3");

    assertThat(finished)
        .isEqualTo(new Finished(3, "out\n", "err\ncommand terminated with exit code 3\n"));
    assertThat(seen).last().asString().contains(webSocket ? "v5.channel.k8s.io" : "SPDY/3.1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void exec_megabytesOfInput_comeBackAndEnd(boolean webSocket) throws Exception {
    String input = "0123456789abcdef".repeat(300_000);

    Finished finished =
        run(webSocket, input.getBytes(StandardCharsets.US_ASCII), "exec", "-i", "p", "--", "cat");

    assertThat(finished.code()).as(finished.err()).isZero();
    assertThat(finished.out()).isEqualTo(input);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void portForward_severalConnections_carryBytesBothWays(boolean webSocket) throws Exception {
    try (ServerSocket echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> echo(echo));
      Process process =
          kubectl(webSocket, "port-forward", "p", ":" + echo.getLocalPort())
              .redirectErrorStream(true)
              .start();
      try (var lines = process.inputReader()) {
        String first = lines.readLine();
        assertThat(first).startsWith("Forwarding from 127.0.0.1:");
        int port = Integer.parseInt(first.replaceFirst(".*127.0.0.1:(\\d+) .*", "$1"));
        for (int i = 0; i < 3; i++) {
          byte[] sent = ("hello " + i).repeat(20_000).getBytes(StandardCharsets.US_ASCII);
          try (Socket socket = new Socket("127.0.0.1", port)) {
            Thread writer =
                Thread.ofVirtual()
                    .start(
                        () -> {
                          try {
                            socket.getOutputStream().write(sent);
                            socket.shutdownOutput();
                          } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                          }
                        });
            assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
            writer.join();
          }
        }
        assertThat(seen)
            .last()
            .asString()
            .contains(webSocket ? "SPDY/3.1+portforward.k8s.io" : "SPDY/3.1");
      } finally {
        process.destroy();
        process.waitFor();
      }
    }
  }

  private static void echo(ServerSocket listener) {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try (socket) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }
}
