package dev.coracle.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.Patience;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no honest client sends: the guards of the threat model, each with its test. */
class HostileTest {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  private final List<String> handled = new CopyOnWriteArrayList<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        HttpServer.start(
            HttpServerOptions.loopback(null)
                .withTimeouts(Duration.ofMinutes(10), Duration.ofMinutes(10)),
            (request, responder) -> {
              handled.add(request.method() + " " + request.rawPath());
              responder.send(200, new Headers(), request.readBody(1 << 20));
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Everything that the server answers until it closes or is silent. */
  private String http1(String bytes) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(Patience.MILLIS);
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      InputStream in = socket.getInputStream();
      try {
        // A server that refuses may close before everything is written.
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      } catch (SocketException e) {
        // its answer, if any, can still be read
      }
      try {
        for (int b = in.read(); b >= 0; b = in.read()) {
          answer.write(b);
        }
      } catch (SocketException | java.net.SocketTimeoutException e) {
        // what came before is the answer
      }
      return answer.toString(StandardCharsets.ISO_8859_1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // folded lines: does the second one belong to X, or is it a header?
        "GET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\n Content-Length: 5\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\n\tY: 5\r\n\r\n",
        "GET /a HTTP/1.1\r\n Host: a\r\n\r\n",
        // lines that end with a bare LF, or have a bare CR
        "GET /a HTTP/1.1\nHost: a\n\n",
        "GET /a HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n",
        // two lengths, or a length and chunks
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\nx",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        "GET /a HTTP/3.0\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      })
  void smuggling_ambiguousHead_isRefusedAndTheConnectionCloses(String head) throws IOException {
    String answer = http1(head + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(answer).matches("(?s)HTTP/1\\.1 (400|505) .*");
    assertThat(handled).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FFFFFFFFFFFFFFFF\r\nx",
        "80000000\r\nx",
        "-1\r\nx",
        "0x5\r\nabcde",
        "5 5\r\nabcde",
        "\r\nx",
        "1;a\nb\r\nx",
      })
  void smuggling_oddChunk_neverReachesTheNextRequest(String chunk) throws IOException {
    http1(
        "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunk
            + "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(handled).doesNotContain("GET /smuggled");
  }

  @Test
  void chunkExtension_isIgnoredAndBounded() throws IOException {
    assertThat(
            http1(
                "POST /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding:"
                    + " chunked\r\n\r\n1;name=value\r\nx\r\n0\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("x");
    http1(
        "POST /huge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;"
            + "e".repeat(1 << 20)
            + "\r\nx\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(handled).doesNotContain("GET /smuggled");
  }

  // HTTP/2, frame by frame

  private final class Wire implements AutoCloseable {
    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;

    Wire() throws IOException {
      socket = new Socket("127.0.0.1", server.port());
      socket.setSoTimeout(Patience.MILLIS);
      out = socket.getOutputStream();
      in = new DataInputStream(socket.getInputStream());
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      frame(SETTINGS, 0, 0, new byte[0]);
    }

    void frame(int type, int flags, int stream, byte[] payload) throws IOException {
      byte[] frame = new byte[9 + payload.length];
      frame[0] = (byte) (payload.length >> 16);
      frame[1] = (byte) (payload.length >> 8);
      frame[2] = (byte) payload.length;
      frame[3] = (byte) type;
      frame[4] = (byte) flags;
      frame[5] = (byte) (stream >> 24);
      frame[6] = (byte) (stream >> 16);
      frame[7] = (byte) (stream >> 8);
      frame[8] = (byte) stream;
      System.arraycopy(payload, 0, frame, 9, payload.length);
      out.write(frame);
    }

    /** The type and, for RST_STREAM, GOAWAY and HEADERS, the first bytes of each frame. */
    private record Frame(int type, int stream, byte[] payload) {
      int errorCode() {
        int at = type == GOAWAY ? 4 : 0;
        return (payload[at] & 0xff) << 24
            | (payload[at + 1] & 0xff) << 16
            | (payload[at + 2] & 0xff) << 8
            | payload[at + 3] & 0xff;
      }
    }

    Frame read() throws IOException {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(type, stream, payload);
    }

    Frame await(int... types) throws IOException {
      while (true) {
        Frame frame = read();
        for (int type : types) {
          if (frame.type == type) {
            return frame;
          }
        }
      }
    }

    /** Whether the server ends the connection, with or without saying why. */
    boolean ends() {
      try {
        while (true) {
          if (read().type == GOAWAY) {
            return true;
          }
        }
      } catch (EOFException | SocketException e) {
        return true;
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static byte[] block(String... namesAndValues) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      literal(block, namesAndValues[i]);
      literal(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      while (rest >= 128) {
        block.write(rest & 127 | 128);
        rest >>= 7;
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  private static byte[] get(String path, String... more) throws IOException {
    List<String> fields =
        new ArrayList<>(
            List.of(":method", "GET", ":scheme", "http", ":path", path, ":authority", "a"));
    fields.addAll(List.of(more));
    return block(fields.toArray(String[]::new));
  }

  @Test
  void http2_honestRequest_isAnswered() throws IOException {
    try (Wire wire = new Wire()) {
      wire.frame(HEADERS, END_HEADERS | END_STREAM, 1, get("/honest"));
      assertThat(wire.await(HEADERS).stream()).isEqualTo(1);
    }
    assertThat(handled).containsExactly("GET /honest");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a HTTP/1.1\r\nX: b",
        "/a b",
        "/a\u007f",
        "http://elsewhere/",
        "a",
        "",
      })
  void http2_pathThatIsNone_isRefused(String path) throws IOException {
    try (Wire wire = new Wire()) {
      wire.frame(HEADERS, END_HEADERS | END_STREAM, 1, get(path));
      assertThat(wire.await(RST_STREAM, GOAWAY, HEADERS).type()).isNotEqualTo(HEADERS);
    }
    assertThat(handled).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transfer-encoding:chunked",
        "connection:close",
        "Upper:case",
        ":path:/second",
        ":unknown:x",
        "line:a\r\nb: c",
        "nul:a\0b",
        "te:gzip",
      })
  void http2_headerThatIsNone_isRefused(String header) throws IOException {
    int colon = header.indexOf(':', 1);
    try (Wire wire = new Wire()) {
      wire.frame(
          HEADERS,
          END_HEADERS | END_STREAM,
          1,
          get("/a", header.substring(0, colon), header.substring(colon + 1)));
      assertThat(wire.await(RST_STREAM, GOAWAY, HEADERS).type()).isNotEqualTo(HEADERS);
    }
    assertThat(handled).isEmpty();
  }

  @Test
  void http2_contentLengthThatLies_isRefused() throws IOException {
    try (Wire wire = new Wire()) {
      wire.frame(
          HEADERS,
          END_HEADERS,
          1,
          block(
              ":method",
              "POST",
              ":scheme",
              "http",
              ":path",
              "/a",
              ":authority",
              "a",
              "content-length",
              "2"));
      wire.frame(DATA, END_STREAM, 1, new byte[5]);
      assertThat(wire.await(RST_STREAM, GOAWAY, HEADERS).type()).isNotEqualTo(HEADERS);
    }
  }

  @Test
  void http2_headerBomb_isRefused() throws IOException {
    try (Wire wire = new Wire()) {
      wire.frame(HEADERS, END_HEADERS | END_STREAM, 1, get("/a", "x", "y".repeat(16_000)));
      assertThat(wire.await(HEADERS).stream()).isEqualTo(1);
      wire.frame(HEADERS, END_STREAM, 3, get("/bomb", "x", "y".repeat(16_000)));
      for (int i = 0; i < 6; i++) {
        wire.frame(CONTINUATION, i == 5 ? END_HEADERS : 0, 3, block("x", "y".repeat(16_000)));
      }
      Wire.Frame refused = wire.await(RST_STREAM, GOAWAY, HEADERS);
      assertThat(refused.type() == HEADERS && refused.payload()[0] == (byte) 0x88).isFalse();
    }
    assertThat(handled).containsExactly("GET /a");
  }

  @Test
  void http2_continuationFlood_endsTheConnection() throws IOException {
    try (Wire wire = new Wire()) {
      wire.frame(HEADERS, END_STREAM, 1, get("/flood"));
      assertThat(flooded(wire, () -> wire.frame(CONTINUATION, 0, 1, new byte[0]), 200_000))
          .isTrue();
    }
    assertThat(handled).isEmpty();
  }

  @Test
  void http2_settingsFlood_endsTheConnection() throws IOException {
    try (Wire wire = new Wire()) {
      byte[] many = new byte[9 * 4000];
      for (int i = 0; i < many.length; i += 9) {
        many[i + 3] = SETTINGS;
      }
      assertThat(flooded(wire, () -> wire.out.write(many), 1000)).isTrue();
    }
  }

  @Test
  void http2_pingFlood_endsTheConnection() throws IOException {
    byte[] pings = new byte[17 * 4000];
    for (int i = 0; i < pings.length; i += 17) {
      pings[i + 2] = 8;
      pings[i + 3] = PING;
    }
    try (Wire wire = new Wire()) {
      assertThat(flooded(wire, () -> wire.out.write(pings), 500)).isTrue();
    }
  }

  @Test
  void http2_emptyDataFlood_endsTheConnection() throws IOException {
    try (Wire wire = new Wire()) {
      wire.frame(
          HEADERS,
          END_HEADERS,
          1,
          block(":method", "POST", ":scheme", "http", ":path", "/a", ":authority", "a"));
      assertThat(flooded(wire, () -> wire.frame(DATA, 0, 1, new byte[0]), 100_000)).isTrue();
    }
  }

  @Test
  void http2_rapidReset_endsTheConnection() throws IOException {
    try (Wire wire = new Wire()) {
      int[] stream = {1};
      byte[] request = get("/reset");
      byte[] cancel = {0, 0, 0, 8};
      assertThat(
              flooded(
                  wire,
                  () -> {
                    wire.frame(HEADERS, END_HEADERS | END_STREAM, stream[0], request);
                    wire.frame(RST_STREAM, 0, stream[0], cancel);
                    stream[0] += 2;
                  },
                  100_000))
          .isTrue();
      assertThat(stream[0]).isLessThan(2 * 100_000);
    }
  }

  private interface Sending {
    void once() throws IOException;
  }

  /** Sends without reading; whether the server has had enough before the end. */
  private static boolean flooded(Wire wire, Sending sending, int times) {
    try {
      for (int i = 0; i < times; i++) {
        sending.once();
      }
    } catch (IOException e) {
      return true;
    }
    return wire.ends();
  }
}
