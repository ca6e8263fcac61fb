package dev.coracle.http;

/** What answers requests. */
@FunctionalInterface
public interface HttpHandler {

  /**
   * Answers one request, on a virtual thread of its own; it may block. The exchange is over when
   * this returns: a request without an answer gets 500, a {@link BodyStream}, session or tunnel
   * that is still open is closed. An exception is logged and gives 500 when no answer has begun,
   * and otherwise breaks the connection (HTTP/1.1) or the stream (HTTP/2).
   */
  void handle(HttpRequest request, HttpResponder responder) throws Exception;

  /**
   * May answer on the event loop, which saves two thread changes. Called first for every request
   * that has no body; must neither block nor compute for longer than some microseconds, may use
   * only {@link HttpResponder#send}, and must leave request and responder alone when it returns
   * false.
   *
   * @return whether it answered; if not, {@link #handle} is called
   */
  default boolean tryHandleInline(HttpRequest request, HttpResponder responder) {
    return false;
  }
}
