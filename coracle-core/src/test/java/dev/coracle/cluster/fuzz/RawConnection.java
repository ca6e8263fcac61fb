package dev.coracle.cluster.fuzz;

import dev.coracle.Patience;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** An HTTP/1.1 client that sends whatever bytes it is given, over one TLS connection at a time. */
final class RawConnection implements AutoCloseable {

  /** An answer; the names of headers are in lower case. */
  record Answer(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private final SSLSocketFactory sockets;
  private final String host;
  private final int port;
  private SSLSocket socket;
  private InputStream in;
  private boolean fresh = true;

  RawConnection(SSLSocketFactory sockets, String host, int port) throws IOException {
    this.sockets = sockets;
    this.host = host;
    this.port = port;
    this.socket = open();
    this.in = new BufferedInputStream(socket.getInputStream(), 1 << 15);
  }

  private SSLSocket open() throws IOException {
    SSLSocket opened = (SSLSocket) sockets.createSocket(host, port);
    opened.setTcpNoDelay(true);
    opened.setSoTimeout(Patience.MILLIS);
    return opened;
  }

  private void reconnect() throws IOException {
    socket.close();
    socket = open();
    in = new BufferedInputStream(socket.getInputStream(), 1 << 15);
    fresh = true;
  }

  Answer get(String path) throws IOException {
    return exchange(
        ("GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8),
        false,
        false);
  }

  /**
   * Sends a request and reads its answer.
   *
   * @param endless whether the answer may go on for ever: its body is then left unread
   * @param bodyless whether the answer has no body, as to HEAD
   * @throws java.net.SocketTimeoutException when the server does not answer in time
   * @throws EOFException when it closes the connection instead
   */
  Answer exchange(byte[] request, boolean endless, boolean bodyless) throws IOException {
    boolean again = !fresh;
    fresh = false;
    try {
      return attempt(request, endless, bodyless);
    } catch (java.net.SocketTimeoutException e) {
      reconnect();
      throw e;
    } catch (IOException e) {
      reconnect();
      if (!again) {
        throw e;
      }
      fresh = false;
      return attempt(request, endless, bodyless);
    }
  }

  private Answer attempt(byte[] request, boolean endless, boolean bodyless) throws IOException {
    try {
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // The server may have refused the request before it was whole: its answer is there to read.
      if (socket.isClosed()) {
        throw e;
      }
    }
    String line = line();
    int status = Integer.parseInt(line.substring(9, 12));
    Map<String, String> headers = new TreeMap<>();
    for (String header = line(); !header.isEmpty(); header = line()) {
      int colon = header.indexOf(':');
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).strip());
    }
    if (status == 100) {
      return attempt(new byte[0], endless, bodyless);
    }
    byte[] body = new byte[0];
    boolean close = status == 101 || "close".equalsIgnoreCase(headers.get("connection"));
    if (endless && "chunked".equals(headers.get("transfer-encoding"))) {
      close = true;
    } else if (!bodyless && status != 204 && status != 304 && status != 101) {
      body = body(headers);
    }
    if (close) {
      reconnect();
    }
    return new Answer(status, headers, body);
  }

  private byte[] body(Map<String, String> headers) throws IOException {
    if ("chunked".equals(headers.get("transfer-encoding"))) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      while (true) {
        int size = Integer.parseInt(line().strip(), 16);
        out.write(exactly(size));
        line();
        if (size == 0) {
          return out.toByteArray();
        }
      }
    }
    String length = headers.get("content-length");
    return length == null ? in.readAllBytes() : exactly(Integer.parseInt(length));
  }

  private byte[] exactly(int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException("the answer ends early");
    }
    return bytes;
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(64);
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("closed after " + line.toString(StandardCharsets.UTF_8));
      }
      if (next == '\n') {
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
      }
      line.write(next);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
