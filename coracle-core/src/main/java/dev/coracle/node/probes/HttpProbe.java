package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Asks once by HTTP and follows redirects that stay on the host. Written over plain sockets: a
 * probe needs one request and a status line, and the JDK's HTTP client costs start-up time and
 * memory.
 */
final class HttpProbe {

  private static final int MOST_REDIRECTS = 10;
  private static final int MAX_BODY = 10 * 1024;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final JsonNode http;
  private final String agent;
  private final long deadline;

  private HttpProbe(JsonNode http, String agent, Duration timeout) {
    this.http = http;
    this.agent = agent;
    this.deadline = System.nanoTime() + timeout.toNanos();
  }

  /**
   * What came back.
   *
   * @param location where it sends to; empty for nowhere
   */
  private record Answer(int status, String location, String body) {}

  /** Succeeds for an answer from 200 to 299, and with a warning for a redirect to another host. */
  static Handlers.Result get(JsonNode http, JsonNode container, String podIp, Duration timeout) {
    try {
      URI url = url(http, container, podIp);
      Answer answer = new HttpProbe(http, "kube-probe/1.36", timeout).follow(url);
      if (answer.status >= 300 && answer.status < 400) {
        return new Handlers.Result(
            Handlers.Outcome.WARNING, "Probe terminated redirects, Response body: " + answer.body);
      }
      return answer.status >= 200 && answer.status < 300
          ? Handlers.Result.SUCCESS
          : new Handlers.Result(
              Handlers.Outcome.FAILURE, "HTTP probe failed with statuscode: " + answer.status);
    } catch (Handlers.UnknownPortException e) {
      return e.result();
    } catch (FailedException e) {
      return new Handlers.Result(Handlers.Outcome.FAILURE, e.getMessage());
    }
  }

  /** A lifecycle hook: succeeds for any answer. */
  static Handlers.Result call(JsonNode http, JsonNode container, String podIp, Duration timeout) {
    try {
      URI url = url(http, container, podIp);
      Answer unused = new HttpProbe(http, "kube-lifecycle/1.36", timeout).follow(url);
      return Handlers.Result.SUCCESS;
    } catch (Handlers.UnknownPortException e) {
      return e.result();
    } catch (FailedException e) {
      return new Handlers.Result(Handlers.Outcome.FAILURE, e.getMessage());
    }
  }

  /** The request got no answer. */
  private static final class FailedException extends Exception {
    private static final long serialVersionUID = 1L;

    FailedException(URI url, String why) {
      super("Get \"" + url + "\": " + why);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  private static URI url(JsonNode http, JsonNode container, String podIp)
      throws Handlers.UnknownPortException {
    String host = http.path("host").asText("").isEmpty() ? podIp : http.path("host").asText();
    int port = Handlers.port(http.path("port"), container);
    String scheme = http.path("scheme").asText("HTTP").toLowerCase(Locale.ROOT);
    String path = http.path("path").asText("/");
    String absolute = path.startsWith("/") ? path : "/" + path;
    String authority = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    String plain = scheme + "://" + authority;
    try {
      return URI.create(plain + absolute);
    } catch (IllegalArgumentException e) {
      return URI.create(
          plain
              + URLEncoder.encode(absolute, StandardCharsets.UTF_8)
                  .replace("%2F", "/")
                  .replace("%3F", "?")
                  .replace("+", "%20"));
    }
  }

  private Answer follow(URI first) throws FailedException {
    URI url = first;
    for (int i = 0; i < MOST_REDIRECTS; i++) {
      Answer answer = ask(url);
      if (!REDIRECTS.contains(answer.status) || answer.location.isEmpty()) {
        return answer;
      }
      URI next;
      try {
        next = url.resolve(answer.location);
      } catch (IllegalArgumentException e) {
        throw new FailedException(url, "failed to parse Location header");
      }
      if (next.getHost() == null || !next.getHost().equals(first.getHost())) {
        return answer;
      }
      url = next;
    }
    throw new FailedException(url, "stopped after " + MOST_REDIRECTS + " redirects");
  }

  private int left() throws SocketTimeoutException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException();
    }
    return (int) left;
  }

  private Answer ask(URI url) throws FailedException {
    boolean tls = url.getScheme().equals("https");
    String host = url.getHost().replaceAll("[\\[\\]]", "");
    int port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
    try (Socket plain = new Socket()) {
      try {
        plain.connect(new InetSocketAddress(host, port), left());
      } catch (IOException e) {
        String more =
            e instanceof SocketTimeoutException
                ? " (Client.Timeout exceeded while awaiting headers)"
                : "";
        throw new FailedException(url, "dial tcp " + host + ":" + port + ": " + why(e) + more);
      }
      plain.setSoTimeout(left());
      try (Socket socket = tls ? secure(plain, host, port) : plain) {
        socket.getOutputStream().write(request(url));
        socket.getOutputStream().flush();
        return answer(new BufferedInputStream(socket.getInputStream()), url);
      }
    } catch (SocketTimeoutException e) {
      throw new FailedException(
          url, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    } catch (IOException | GeneralSecurityException e) {
      boolean notTls =
          String.valueOf(e.getMessage()).contains("Unsupported or unrecognized SSL message");
      throw new FailedException(
          url,
          notTls
              ? "http: server gave HTTP response to HTTPS client"
              : String.valueOf(e.getMessage()));
    }
  }

  static String why(Exception e) {
    return switch (e) {
      case NoRouteToHostException n -> "connect: no route to host";
      case ConnectException c -> "connect: connection refused";
      case SocketTimeoutException t -> "i/o timeout";
      default -> String.valueOf(e.getMessage());
    };
  }

  private byte[] request(URI url) {
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    StringBuilder text =
        new StringBuilder("GET ").append(path).append(query).append(" HTTP/1.1\r\n");
    boolean host = false;
    boolean ownAgent = false;
    boolean accept = false;
    for (JsonNode header : http.path("httpHeaders")) {
      String name = header.path("name").asText();
      host |= name.equalsIgnoreCase("host");
      ownAgent |= name.equalsIgnoreCase("user-agent");
      accept |= name.equalsIgnoreCase("accept");
      text.append(name).append(": ").append(header.path("value").asText("")).append("\r\n");
    }
    text.append(host ? "" : "Host: " + url.getRawAuthority() + "\r\n");
    text.append(ownAgent ? "" : "User-Agent: " + agent + "\r\n");
    text.append(accept ? "" : "Accept: */*\r\n");
    text.append("Connection: close\r\n\r\n");
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Answer answer(InputStream input, URI url) throws IOException, FailedException {
    String line = line(input);
    String[] words = line.split(" ", 3);
    if (line.isEmpty()) {
      throw new FailedException(url, "EOF");
    }
    if (words.length < 2 || !words[0].startsWith("HTTP/") || !words[1].matches("\\d{3}")) {
      throw new FailedException(
          url,
          "net/http: HTTP/1.x transport connection broken: malformed HTTP response \""
              + line
              + "\"");
    }
    int status = Integer.parseInt(words[1]);
    if (status < 300 || status >= 400) {
      return new Answer(status, "", "");
    }
    String location = "";
    for (String header = line(input); !header.isEmpty(); header = line(input)) {
      if (header.regionMatches(true, 0, "location:", 0, 9)) {
        location = header.substring(9).strip();
      }
    }
    String body = new String(input.readNBytes(MAX_BODY), StandardCharsets.UTF_8);
    return new Answer(status, location, body);
  }

  private static String line(InputStream input) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int value;
    while ((value = input.read()) >= 0 && value != '\n' && line.size() < 8192) {
      if (value != '\r') {
        line.write(value);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  private static Socket secure(Socket plain, String host, int port)
      throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    // A probe asks whether it answers, not who it is (Kubernetes does not verify either).
    context.init(null, new TrustManager[] {new TrustsAnyone()}, null);
    return context.getSocketFactory().createSocket(plain, host, port, true);
  }

  private static final class TrustsAnyone implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
