package dev.coracle.apiserver.door;

import dev.coracle.apiserver.filter.Observation;
import dev.coracle.http.BodyStream;
import dev.coracle.http.ByteTunnel;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpResponder;
import dev.coracle.http.SpdySession;
import dev.coracle.http.WebSocketSession;
import java.io.IOException;

/** Tells an observation how whoever took over a connection answers. */
final class ObservedResponder implements HttpResponder {

  private final HttpResponder responder;
  private final Observation observation;
  private volatile int code;

  ObservedResponder(HttpResponder responder, Observation observation) {
    this.responder = responder;
    this.observation = observation;
  }

  /** Of the answer; 200 when there was none. */
  int code() {
    return code == 0 ? 200 : code;
  }

  private void answers(int status) {
    code = status;
    observation.started(status);
  }

  @Override
  public void send(int status, Headers headers, byte[]... body) {
    answers(status);
    responder.send(status, headers, body);
  }

  @Override
  public BodyStream stream(int status, Headers headers) throws IOException {
    answers(status);
    return responder.stream(status, headers);
  }

  @Override
  public BodyStream stream(int status, Headers headers, long contentLength) throws IOException {
    answers(status);
    return responder.stream(status, headers, contentLength);
  }

  @Override
  public WebSocketSession upgradeToWebSocket(String subprotocol) throws IOException {
    WebSocketSession session = responder.upgradeToWebSocket(subprotocol);
    answers(101);
    return session;
  }

  @Override
  public SpdySession upgradeToSpdy(Headers headers) throws IOException {
    SpdySession session = responder.upgradeToSpdy(headers);
    answers(101);
    return session;
  }

  @Override
  public SpdySession upgradeToSpdyOverWebSocket(String subprotocol) throws IOException {
    SpdySession session = responder.upgradeToSpdyOverWebSocket(subprotocol);
    answers(101);
    return session;
  }

  @Override
  public ByteTunnel upgradeToTunnel(Headers headers) throws IOException {
    ByteTunnel tunnel = responder.upgradeToTunnel(headers);
    answers(101);
    return tunnel;
  }

  @Override
  public boolean committed() {
    return responder.committed();
  }

  @Override
  public boolean isOpen() {
    return responder.isOpen();
  }

  @Override
  public void onDisconnect(Runnable action) {
    responder.onDisconnect(action);
  }
}
