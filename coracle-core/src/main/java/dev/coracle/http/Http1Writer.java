package dev.coracle.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** Writes the heads and chunks of HTTP/1.1 (RFC 9112). */
final class Http1Writer {

  private static final byte[] VERSION = ascii("HTTP/1.1 ");
  private static final byte[] LAST_CHUNK = ascii("0\r\n\r\n");
  private static final int CRLF = '\r' << 8 | '\n';
  private static final int COLON = ':' << 8 | ' ';

  private Http1Writer() {}

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static void statusLine(ByteBuf out, int status) {
    out.writeBytes(VERSION);
    HttpResponseStatus known = HttpResponseStatus.valueOf(status);
    ascii(out, String.valueOf(status));
    out.writeByte(' ');
    ascii(out, known.reasonPhrase());
    out.writeShort(CRLF);
  }

  static void requestLine(ByteBuf out, String method, String target) {
    ascii(out, checked(method));
    out.writeByte(' ');
    ascii(out, checked(target));
    ascii(out, " HTTP/1.1\r\n");
  }

  /**
   * @throws IllegalArgumentException when the name or value would break the message's frame
   */
  static void field(ByteBuf out, String name, String value) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == ':') {
        throw new IllegalArgumentException("a header name with a forbidden character");
      }
    }
    checkValue(name, value);
    ascii(out, name);
    out.writeShort(COLON);
    ascii(out, value);
    out.writeShort(CRLF);
  }

  /**
   * @throws IllegalArgumentException for a line feed, carriage return or NUL
   */
  static void checkValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n' || c == 0) {
        throw new IllegalArgumentException("header " + name + " has a forbidden character");
      }
    }
  }

  static void endOfHead(ByteBuf out) {
    out.writeShort(CRLF);
  }

  /**
   * The head of an answer, with the fields that frame it.
   *
   * @param length of the body; negative when it is not known before, or there is none
   * @param old whether the answer is to HTTP/1.0
   * @throws IllegalArgumentException when a field would break the message's frame
   */
  static void answerHead(
      ByteBuf out,
      int status,
      Headers fields,
      long length,
      boolean chunked,
      boolean keepAlive,
      boolean old) {
    statusLine(out, status);
    fields.forEach(
        (name, value) -> {
          if (!isFraming(name)) {
            field(out, name, value);
          }
        });
    if (length >= 0) {
      field(out, "Content-Length", Long.toString(length));
    } else if (chunked) {
      field(out, "Transfer-Encoding", "chunked");
    }
    field(out, "Date", HttpDates.now());
    if (!keepAlive) {
      field(out, "Connection", "close");
    } else if (old) {
      field(out, "Connection", "keep-alive");
    }
    endOfHead(out);
  }

  /** The answer to what is no request, after which the connection is closed. */
  static void refusal(ByteBuf out, int status, String why) {
    byte[] text = ascii(status + " " + why);
    statusLine(out, status);
    field(out, "Content-Type", "text/plain; charset=utf-8");
    field(out, "Content-Length", Integer.toString(text.length));
    field(out, "Connection", "close");
    endOfHead(out);
    out.writeBytes(text);
  }

  /** Fields that frame a message: they are the writer's business. */
  static boolean isFraming(String name) {
    return switch (name.length()) {
      case 4 -> name.equalsIgnoreCase("date");
      case 7 -> name.equalsIgnoreCase("upgrade");
      case 10 -> name.equalsIgnoreCase("connection") || name.equalsIgnoreCase("keep-alive");
      case 14 -> name.equalsIgnoreCase("content-length");
      case 16 -> name.equalsIgnoreCase("proxy-connection");
      case 17 -> name.equalsIgnoreCase("transfer-encoding");
      default -> false;
    };
  }

  static void chunkHead(ByteBuf out, int length) {
    ascii(out, Integer.toHexString(length));
    out.writeShort(CRLF);
  }

  static void chunkTail(ByteBuf out) {
    out.writeShort(CRLF);
  }

  static void lastChunk(ByteBuf out) {
    out.writeBytes(LAST_CHUNK);
  }

  private static String checked(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) == 0x7f) {
        throw new IllegalArgumentException("a request line with a forbidden character");
      }
    }
    return text;
  }

  private static void ascii(ByteBuf out, String text) {
    out.writeCharSequence(text, StandardCharsets.ISO_8859_1);
  }
}
