package dev.coracle.client.webhook;

import dev.coracle.client.ServiceEndpoints.Endpoint;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpOrigins;
import dev.coracle.http.tls.ClientTls;
import dev.coracle.http.tls.PemReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Posts JSON to webhooks over HTTPS and waits for the answer. Connections are kept for the next
 * calls; no proxy is used. Calls block; use virtual threads. Nothing is made before the first call.
 */
public final class WebhookClient implements AutoCloseable {

  private static final int MOST_ANSWER_BYTES = 256 << 20;
  private static final int MOST_KNOWN_BUNDLES = 256;

  private final ServiceResolver services;
  private final String userAgent;
  private final HttpOrigins origins = new HttpOrigins();
  private final Map<String, List<X509Certificate>> bundles =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, List<X509Certificate>> eldest) {
          return size() > MOST_KNOWN_BUNDLES;
        }
      };

  /**
   * @param userAgent names the caller, such as {@code kube-apiserver-admission}
   */
  public WebhookClient(ServiceResolver services, String userAgent) {
    this.services = services;
    this.userAgent = userAgent;
  }

  /**
   * Posts a body, and gives the answer's.
   *
   * @param timeout for everything, at least a millisecond; also told to the webhook as {@code
   *     timeout=} in whole seconds
   * @throws WebhookException when no answer with a status of 200 to 299 came in time
   */
  public byte[] post(WebhookConfig config, byte[] body, Duration timeout) throws WebhookException {
    String target = config.requestPath() + "?timeout=" + seconds(timeout);
    String call = "Post \"https://" + config.authority() + target + "\": ";
    Exchange exchange = new Exchange(config, target, body, timeout);
    FutureTask<Answer> task = new FutureTask<>(exchange::run);
    Thread.ofVirtual().name("webhook " + config.authority()).start(task);
    try {
      Answer answer = task.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.status / 100 != 2) {
        throw new WebhookException(refusal(answer), answer.status);
      }
      return answer.body;
    } catch (TimeoutException e) {
      task.cancel(true);
      throw new WebhookException(call + "context deadline exceeded", 0, true, e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String text = CallFailure.text(cause, exchange.address, config.serverName());
      throw new WebhookException(call + text, 0, text.equals("context deadline exceeded"), cause);
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt();
      throw new WebhookException(call + "context canceled", 0, false, e);
    }
  }

  private static String seconds(Duration timeout) {
    return Math.max(1, timeout.toSeconds()) + "s";
  }

  private record Answer(int status, byte[] body) {}

  /** One call, on a thread of its own so that it can be given up at any point. */
  private final class Exchange {

    private final WebhookConfig config;
    private final String target;
    private final byte[] body;
    private final Duration timeout;
    private volatile String address;

    Exchange(WebhookConfig config, String target, byte[] body, Duration timeout) {
      this.config = config;
      this.target = target;
      this.body = body;
      this.timeout = timeout;
      this.address = config.authority();
    }

    Answer run() throws IOException {
      try {
        return call();
      } catch (IOException e) {
        // The server may have closed a connection just when it was taken for this call.
        if (CallFailure.text(e, address, config.serverName()).equals(CallFailure.CLOSED)) {
          return call();
        }
        throw e;
      }
    }

    private Answer call() throws IOException {
      Endpoint server =
          config.isService()
              ? services.resolve(config.namespace(), config.service(), config.port())
              : new Endpoint(config.host(), config.urlPort());
      address = authority(server);
      ClientTls tls = ClientTls.trusting(bundle(config.caBundle()));
      Headers headers =
          Headers.of(
              "Accept",
              "application/json, */*",
              "Content-Type",
              "application/json",
              "User-Agent",
              userAgent);
      try (ClientResponse response =
          origins
              .origin(
                  server.host(),
                  server.port(),
                  tls.withServerName(config.serverName()),
                  config.authority())
              .send(ClientRequest.of("POST", target, headers, body), timeout)) {
        return new Answer(response.status(), response.readBody(MOST_ANSWER_BYTES));
      }
    }
  }

  private static String authority(Endpoint server) {
    String host = server.host();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + server.port();
  }

  private List<X509Certificate> bundle(String base64) throws IOException {
    if (base64.isEmpty()) {
      return List.of();
    }
    synchronized (bundles) {
      List<X509Certificate> known = bundles.get(base64);
      if (known != null) {
        return known;
      }
      try {
        List<X509Certificate> read = PemReader.certificates(Base64.getMimeDecoder().decode(base64));
        bundles.put(base64, read);
        return read;
      } catch (IllegalArgumentException e) {
        throw new IOException("unable to load root certificates: " + e.getMessage(), e);
      }
    }
  }

  /** What a client of Kubernetes makes of an answer that is no Status. */
  private static String refusal(Answer answer) {
    String said = new String(answer.body, StandardCharsets.UTF_8).strip();
    return switch (answer.status) {
      case 400 -> "the server rejected our request for an unknown reason";
      case 401 -> "the server has asked for the client to provide credentials";
      case 403 -> said.isEmpty() ? "forbidden" : said;
      case 404 -> "the server could not find the requested resource";
      case 405 -> "the server does not allow this method on the requested resource";
      case 406 -> "the server was unable to respond with a content type that the client supports";
      case 409 -> "the server reported a conflict";
      case 415 -> "the body of the request was in an unknown format";
      case 429 -> "the server has received too many requests and has asked us to try again later";
      case 503 -> "the server is currently unable to handle the request";
      case 504 ->
          "the server was unable to return a response in the time allotted, but may still be"
              + " processing the request";
      default ->
          answer.status >= 500
              ? "an error on the server (\""
                  + said
                  + "\") has prevented the request from succeeding"
              : "the server responded with the status code "
                  + answer.status
                  + " but did not return more information";
    };
  }

  @Override
  public void close() {
    origins.close();
  }
}
