package dev.coracle.proxy;

import dev.coracle.http.Headers;
import org.jspecify.annotations.Nullable;

/**
 * A request that goes to the API server, and its answer. Bodies pass as they come, both ways at
 * once; a side is read only when the other one takes what it gives.
 */
final class Exchange {

  private final ClientConnection client;
  private final ApiServer server;
  private final ProxyRequest request;
  private final String target;
  private final @Nullable String upgrade;
  private Body requestBody;
  private Body answerBody = new Body(0);
  private boolean answerChunked;
  private Head.Reader heads = new Head.Reader();
  private @Nullable Upstream upstream;
  private boolean kept;
  private boolean sent;
  private boolean answered;
  private boolean reusable;
  private boolean tunnel;
  private boolean over;

  /**
   * @param target as the API server is asked
   */
  Exchange(ClientConnection client, ApiServer server, ProxyRequest request, String target) {
    this.client = client;
    this.server = server;
    this.request = request;
    this.target = target;
    this.requestBody = new Body(request.length());
    String wanted = request.headers().first("upgrade");
    upgrade =
        wanted != null
                // Java's own client offers it with every request; HTTP/1.1 is an answer too.
                && !wanted.equalsIgnoreCase("h2c")
                && ProxyRequest.hasElement(request.headers(), "connection", "upgrade")
            ? wanted
            : null;
  }

  void start() {
    upstream = upgrade == null ? server.kept(client) : null;
    kept = upstream != null;
    if (upstream == null) {
      dial();
    }
  }

  private void dial() {
    upstream = server.connect(client, upgrade != null);
    server.dial(upstream);
  }

  boolean isOver() {
    return over;
  }

  /** Whether the request is not wholly read. */
  boolean isSending() {
    return !requestBody.isAtEnd();
  }

  boolean wantsRequest() {
    return !requestBody.isAtEnd() && upstream != null && sent && !upstream.isBlocked();
  }

  /** Sends what was gathered, and says what to wait for. */
  void settle() {
    Upstream to = upstream;
    if (to == null || over || to.isOpening()) {
      return;
    }
    if (!to.out.isEmpty() && !to.isBlocked()) {
      to.flush();
    }
    to.await(!client.isBlocked());
  }

  /**
   * @return whether something moved
   */
  boolean step() {
    Upstream to = upstream;
    if (over || to == null) {
      return false;
    }
    if (!isSending() && !tunnel && client.left()) {
      client.close();
      return false;
    }
    if (to.isOpening()) {
      return !to.failure().isEmpty() && fail(to.failure());
    }
    if (!sent) {
      sendHead(to);
    }
    boolean moved = passRequest(to);
    if (over || upstream == null) {
      return true;
    }
    moved |= answered ? passAnswer(to) : readAnswer(to);
    if (tunnel && !over) {
      endTunnel(to);
    }
    return moved || over;
  }

  private void sendHead(Upstream to) {
    sent = true;
    Bytes out = to.out;
    out.text(request.method()).text(" ").text(target).text(" HTTP/1.1\r\n");
    out.field("Host", server.authority());
    Headers fields = Forwarding.fields(request.headers(), false);
    String address = client.remoteHost();
    if (address != null) {
      String before = fields.first("x-forwarded-for");
      fields.set("X-Forwarded-For", before == null ? address : before + ", " + address);
    }
    for (int i = 0; i < fields.size(); i++) {
      out.field(fields.nameAt(i), fields.valueAt(i));
    }
    String authorization = server.identity().authorization();
    if (!authorization.isEmpty() && !fields.contains("authorization")) {
      out.field("Authorization", authorization);
    }
    if (upgrade != null) {
      out.field("Connection", "Upgrade");
      out.field("Upgrade", upgrade);
    }
    if (request.length() == Body.CHUNKED) {
      out.field("Transfer-Encoding", "chunked");
    } else if (request.headers().contains("content-length")) {
      out.field("Content-Length", Long.toString(request.length()));
    }
    out.text("\r\n");
    if (isSending() && request.headers().contains("expect")) {
      client.out.text("HTTP/1.1 100 Continue\r\n\r\n");
    }
  }

  private boolean passRequest(Upstream to) {
    if (requestBody.isAtEnd()) {
      return false;
    }
    if (to.isDeaf()) {
      // The API server may have answered already; the rest of the request is not wanted.
      requestBody = new Body(0);
      client.closeAfterwards();
      return false;
    }
    boolean moved;
    try {
      moved = Relay.pass(client, requestBody, to, !tunnel && request.length() == Body.CHUNKED);
    } catch (BadMessageException e) {
      drop();
      if (answered) {
        client.close();
      } else {
        client.refuse(e);
      }
      return true;
    }
    if (client.isEnded() && client.in.isEmpty() && !requestBody.isAtEnd()) {
      client.close();
      return true;
    }
    return moved;
  }

  private boolean readAnswer(Upstream to) {
    try {
      Head head = heads.read(to.in);
      if (head != null) {
        begin(to, head);
        return true;
      }
    } catch (BadMessageException e) {
      return fail("net/http: HTTP/1.x transport connection broken: malformed HTTP response");
    }
    int count = to.fill();
    if (count < 0) {
      return ended(to);
    }
    return count > 0;
  }

  /** The API server went away without an answer. */
  private boolean ended(Upstream to) {
    // A kept connection may have ended just now; what only reads can be asked again.
    if (kept && to.in.isEmpty() && request.length() == 0 && onlyReads()) {
      drop();
      kept = false;
      sent = false;
      heads = new Head.Reader();
      dial();
      return true;
    }
    return fail(to.failure().isEmpty() ? "EOF" : to.failure());
  }

  private boolean onlyReads() {
    return switch (request.method()) {
      case "GET", "HEAD", "OPTIONS" -> true;
      default -> false;
    };
  }

  private boolean fail(String why) {
    boolean dialing = upstream != null && upstream.isOpening();
    drop();
    if (answered) {
      client.flush();
      client.close();
      return true;
    }
    if (isSending()) {
      client.closeAfterwards();
    }
    client.text(
        500,
        upgrade != null && dialing ? "error dialing backend: " + why : why,
        !request.method().equals("HEAD"));
    over = true;
    return true;
  }

  private void begin(Upstream to, Head head) throws BadMessageException {
    String line = head.line();
    int status = status(line);
    Headers headers = head.fields();
    if (status == 100) {
      return;
    }
    if (status < 200 && status != 101) {
      if (!request.isOld()) {
        client.out.text("HTTP/1.1").text(line.substring(8)).text("\r\n");
        client.fields(Forwarding.fields(headers, true));
        client.out.text("\r\n");
      }
      return;
    }
    if (status == 101 && upgrade == null) {
      throw new BadMessageException(502, "");
    }
    if (upgrade != null && status != 101) {
      client.closeAfterwards();
      if (status < 400) {
        fail("invalid upgrade response: status code " + status);
        return;
      }
    }
    boolean empty = request.method().equals("HEAD") || status == 204 || status == 304;
    boolean old = line.startsWith("HTTP/1.0");
    long length = empty ? 0 : ProxyRequest.length(headers, Body.UNTIL_CLOSE, old);
    answered = true;
    if (status == 101) {
      tunnel = true;
      requestBody = new Body(Body.UNTIL_CLOSE);
      client.closeAfterwards();
      length = Body.UNTIL_CLOSE;
    }
    answerBody = new Body(length);
    answerChunked = length < 0 && !tunnel && !request.isOld();
    if (length < 0 && request.isOld()) {
      client.closeAfterwards();
    }
    reusable =
        length != Body.UNTIL_CLOSE
            && !old
            && upgrade == null
            && !ProxyRequest.hasElement(headers, "connection", "close");
    client.out.text(client.version()).text(line.substring(8)).text("\r\n");
    client.fields(Forwarding.fields(headers, true));
    String given = headers.first("content-length");
    if (tunnel) {
      client.out.field("Connection", "Upgrade");
      client.out.field("Upgrade", headers.first("upgrade", ""));
    } else {
      if (length >= 0 && given != null && status != 204) {
        client.out.field("Content-Length", given);
      } else if (answerChunked) {
        client.out.field("Transfer-Encoding", "chunked");
      }
      client.connectionField();
    }
    client.out.text("\r\n");
    if (answerBody.isAtEnd()) {
      finish(to);
    }
  }

  private static int status(String line) throws BadMessageException {
    int value = 0;
    if (line.startsWith("HTTP/1.") && line.length() >= 12 && line.charAt(8) == ' ') {
      for (int i = 9; i < 12; i++) {
        int digit = Character.digit(line.charAt(i), 10);
        value = digit < 0 ? -1000 : value * 10 + digit;
      }
    }
    if (value < 100) {
      throw new BadMessageException(502, "");
    }
    return value;
  }

  private boolean passAnswer(Upstream to) {
    boolean moved;
    try {
      moved = Relay.pass(to, answerBody, client, answerChunked);
    } catch (BadMessageException e) {
      return fail("malformed chunked encoding");
    }
    if (answerBody.isAtEnd()) {
      if (!tunnel) {
        finish(to);
      }
      return true;
    }
    return to.isEnded() && to.in.isEmpty() ? fail("unexpected EOF") : moved;
  }

  private void endTunnel(Upstream to) {
    to.flush();
    client.flush();
    if (requestBody.isAtEnd() && !to.isBlocked() || answerBody.isAtEnd() && !client.isBlocked()) {
      drop();
      client.close();
    }
  }

  private void finish(Upstream to) {
    over = true;
    if (isSending()) {
      client.closeAfterwards();
    }
    if (reusable && !isSending() && !to.isEnded() && to.in.isEmpty() && to.out.isEmpty()) {
      upstream = null;
      server.keep(to);
    } else {
      drop();
    }
  }

  private void drop() {
    Upstream old = upstream;
    upstream = null;
    if (old != null) {
      old.close();
    }
  }

  /** As {@link Loop.Handler#waitingSince}, of the API server's side. */
  long waitingSince() {
    Upstream to = upstream;
    return to == null ? Long.MAX_VALUE : to.heldSince();
  }

  /** The client went away. */
  void abandon() {
    over = true;
    drop();
  }
}
