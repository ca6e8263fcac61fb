package dev.coracle.http;

import java.io.IOException;

/**
 * Where the answer goes; exactly one of its answering methods is called once. Header fields that
 * frame the message ({@code Content-Length}, {@code Transfer-Encoding}, {@code Connection}, {@code
 * Date}) are the server's business. Answers to HEAD may carry a body: it is measured and not sent.
 */
public interface HttpResponder {

  /**
   * Sends a whole answer. The arrays are written without a copy: nobody may change them any more.
   * It waits for the peer only when the body is larger than 256 KiB.
   */
  void send(int status, Headers headers, byte[]... body);

  /** Begins an answer of unknown length. The head is sent at once. */
  BodyStream stream(int status, Headers headers) throws IOException;

  /**
   * Begins an answer of a known length: exactly so many bytes must follow. The head is sent at
   * once.
   */
  BodyStream stream(int status, Headers headers, long contentLength) throws IOException;

  /**
   * Accepts an upgrade to WebSocket (RFC 6455; HTTP/1.1 only).
   *
   * @param subprotocol what {@code Sec-WebSocket-Protocol} answers; empty for none
   * @throws IOException when the request is no correct WebSocket handshake; it was answered 400
   */
  WebSocketSession upgradeToWebSocket(String subprotocol) throws IOException;

  /**
   * Accepts an upgrade to SPDY/3.1 (HTTP/1.1 only).
   *
   * @param headers further fields of the 101, such as {@code X-Stream-Protocol-Version}
   */
  SpdySession upgradeToSpdy(Headers headers) throws IOException;

  /**
   * Accepts an upgrade to WebSocket whose binary messages carry SPDY/3.1, as Kubernetes'
   * port-forward subprotocols do (KEP-4006).
   *
   * @throws IOException when the request is no correct WebSocket handshake; it was answered 400
   */
  SpdySession upgradeToSpdyOverWebSocket(String subprotocol) throws IOException;

  /**
   * Accepts any upgrade with 101 and gives the raw bytes (HTTP/1.1 only). Bytes that the peer sent
   * early come first.
   *
   * @param headers of the 101, {@code Upgrade} included; {@code Connection: Upgrade} is added
   */
  ByteTunnel upgradeToTunnel(Headers headers) throws IOException;

  /** Whether an answer has begun. */
  boolean committed();

  /** Whether the peer still waits for (the rest of) the answer. */
  boolean isOpen();

  /**
   * Runs an action once if the peer goes away before the answer is complete; at once when it has
   * gone. It must not block.
   */
  void onDisconnect(Runnable action);
}
