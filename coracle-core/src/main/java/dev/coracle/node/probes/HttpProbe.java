package dev.coracle.node.probes;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Succeeds for an answer from 200 to 399. Written over a plain socket: a probe needs one request
 * and a status line, and the JDK's HTTP client costs start-up time and memory.
 */
final class HttpProbe {

  private HttpProbe() {}

  static Handlers.Result get(JsonNode http, JsonNode container, String podIp, Duration timeout) {
    String host = http.path("host").asText("").isEmpty() ? podIp : http.path("host").asText();
    int port = Handlers.port(http.path("port"), container);
    String scheme = http.path("scheme").asText("HTTP").toLowerCase(Locale.ROOT);
    String path = http.path("path").asText("/");
    path = path.startsWith("/") ? path : "/" + path;
    String authority = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    String url = scheme + "://" + authority + path;
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      plain.setSoTimeout((int) timeout.toMillis());
      try (Socket socket = scheme.equals("https") ? secure(plain, host, port) : plain) {
        socket.getOutputStream().write(request(http, path, authority));
        socket.getOutputStream().flush();
        return answer(new BufferedInputStream(socket.getInputStream()), url);
      }
    } catch (IOException | GeneralSecurityException e) {
      return new Handlers.Result(
          false, "Get \"" + url + "\": dial tcp " + authority + ": " + why(e));
    }
  }

  static String why(Exception e) {
    return switch (e) {
      case ConnectException c -> "connect: connection refused";
      case SocketTimeoutException t -> "i/o timeout";
      default -> String.valueOf(e.getMessage());
    };
  }

  private static byte[] request(JsonNode http, String path, String authority) {
    StringBuilder text = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\n");
    boolean host = false;
    boolean agent = false;
    boolean accept = false;
    for (JsonNode header : http.path("httpHeaders")) {
      String name = header.path("name").asText();
      host |= name.equalsIgnoreCase("host");
      agent |= name.equalsIgnoreCase("user-agent");
      accept |= name.equalsIgnoreCase("accept");
      text.append(name).append(": ").append(header.path("value").asText("")).append("\r\n");
    }
    text.append(host ? "" : "Host: " + authority + "\r\n");
    text.append(agent ? "" : "User-Agent: kube-probe/1.36\r\n");
    text.append(accept ? "" : "Accept: */*\r\n");
    text.append("Connection: close\r\n\r\n");
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Handlers.Result answer(InputStream input, String url) throws IOException {
    String line = line(input);
    String[] words = line.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/")) {
      return new Handlers.Result(
          false,
          "Get \""
              + url
              + "\": net/http: HTTP/1.x transport connection broken: malformed HTTP response");
    }
    int status = Integer.parseInt(words[1]);
    if (status >= 200 && status < 400) {
      return new Handlers.Result(true, "");
    }
    return new Handlers.Result(false, "HTTP probe failed with statuscode: " + status);
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
