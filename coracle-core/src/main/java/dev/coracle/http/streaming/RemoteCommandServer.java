package dev.coracle.http.streaming;

import dev.coracle.http.Headers;
import dev.coracle.http.HttpRequest;
import dev.coracle.http.HttpResponder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of exec and attach in every version that clients speak: WebSocket {@code
 * v5.channel.k8s.io} (KEP-4006), {@code v4}, the unversioned one and their base64 kinds; SPDY
 * {@code v4} to {@code v1}.
 */
public final class RemoteCommandServer {

  private static final List<String> WEB_SOCKET =
      List.of(
          "v5.channel.k8s.io",
          "v4.channel.k8s.io",
          "v4.base64.channel.k8s.io",
          "channel.k8s.io",
          "base64.channel.k8s.io");
  private static final List<String> SPDY =
      List.of("v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io");

  /** Runs the command with the client's streams; when it returns, the session is ended. */
  @FunctionalInterface
  public interface Runner {
    CommandResult run(RemoteCommandSession session) throws Exception;
  }

  private RemoteCommandServer() {}

  /**
   * Answers one request: negotiates, runs the command, sends its result and closes. Waits for all
   * that. A request that cannot be upgraded is answered 400 or 403.
   *
   * @throws IOException when the client went away
   */
  public static void serve(
      HttpRequest request, HttpResponder responder, RemoteCommandOptions options, Runner runner)
      throws IOException {
    CommandConnection connection = negotiate(request, responder, options);
    if (connection == null) {
      return;
    }
    try (connection) {
      CommandResult result;
      try {
        result = runner.run(connection);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        result = failed("interrupted");
      } catch (Exception e) {
        String message = e.getMessage();
        result = failed(message == null ? e.toString() : message);
      }
      connection.finish(result);
    }
  }

  private static CommandResult failed(String why) {
    return new CommandResult.Failed("error executing command in container: " + why);
  }

  private static @Nullable CommandConnection negotiate(
      HttpRequest request, HttpResponder responder, RemoteCommandOptions options)
      throws IOException {
    if (request.isUpgradeTo("websocket")) {
      String protocol = ChannelProtocol.choose(request, WEB_SOCKET);
      if (protocol == null) {
        refuse(responder, request.headers().elements("sec-websocket-protocol"), WEB_SOCKET);
        return null;
      }
      return WebSocketCommand.start(responder.upgradeToWebSocket(protocol), options);
    }
    if (request.isUpgradeTo("SPDY/3.1")) {
      List<String> asked = request.headers().elements("x-stream-protocol-version");
      String protocol = chooseSpdy(asked, SPDY);
      if (protocol == null) {
        refuse(responder, asked, SPDY);
        return null;
      }
      Headers fields = new Headers();
      if (!asked.isEmpty()) {
        fields.add("X-Stream-Protocol-Version", protocol);
      }
      return SpdyCommand.start(responder.upgradeToSpdy(fields), protocol, options);
    }
    responder.send(
        400,
        Headers.of("Content-Type", "text/plain; charset=utf-8"),
        "Upgrade request required\n".getBytes(StandardCharsets.UTF_8));
    return null;
  }

  /** What the client prefers among what we speak; a client that says nothing speaks the first. */
  static @Nullable String chooseSpdy(List<String> asked, List<String> spoken) {
    if (asked.isEmpty()) {
      return spoken.getLast();
    }
    return asked.stream().filter(spoken::contains).findFirst().orElse(null);
  }

  static void refuse(HttpResponder responder, List<String> asked, List<String> spoken) {
    Headers fields = Headers.of("Content-Type", "text/plain; charset=utf-8");
    spoken.forEach(protocol -> fields.add("X-Accepted-Stream-Protocol-Versions", protocol));
    String text =
        "unable to upgrade: unable to negotiate protocol: client supports "
            + asked
            + ", server accepts "
            + spoken
            + "\n";
    responder.send(403, fields, text.getBytes(StandardCharsets.UTF_8));
  }
}
