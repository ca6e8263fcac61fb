package dev.coracle.http.streaming;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One forwarded connection: bytes both ways, and what went wrong on the error stream. */
final class ForwardedConnection {

  private static final int BUFFER_BYTES = 32 * 1024;

  private ForwardedConnection() {}

  /** The open targets of a session: they are closed when the client goes away. */
  static final class Targets {
    private final Set<PortForwardTarget> open = ConcurrentHashMap.newKeySet();
    private volatile boolean over;

    void closeAll() {
      over = true;
      open.forEach(PortForwardTarget::close);
    }

    private void add(PortForwardTarget target) {
      open.add(target);
      if (over) {
        target.close();
      }
    }
  }

  /**
   * Connects and copies until the Pod's side ends. The client's end is passed on as a half-close.
   */
  static void forward(
      Targets targets,
      int port,
      PortForwardServer.Connector connector,
      InputStream fromClient,
      OutputStream toClient,
      OutputStream error) {
    try {
      try (PortForwardTarget target = connector.connect(port)) {
        targets.add(target);
        Thread.ofVirtual().name("port-forward-" + port).start(() -> upload(fromClient, target));
        try {
          copy(target.input(), toClient);
        } finally {
          targets.open.remove(target);
        }
      } finally {
        toClient.close();
      }
    } catch (IOException | RuntimeException e) {
      report(error, "error forwarding port " + port + ": " + e.getMessage());
    } finally {
      close(error);
    }
  }

  private static void upload(InputStream fromClient, PortForwardTarget target) {
    try {
      OutputStream output = target.output();
      copy(fromClient, output);
      output.close();
    } catch (IOException e) {
      target.close();
    }
  }

  private static void copy(InputStream from, OutputStream to) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
      to.write(buffer, 0, n);
    }
  }

  private static void report(OutputStream error, String message) {
    try {
      error.write(message.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      close(error);
    }
  }

  private static void close(OutputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // The client is gone: there is nobody left to tell.
      return;
    }
  }
}
