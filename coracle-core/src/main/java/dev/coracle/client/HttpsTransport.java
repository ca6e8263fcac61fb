package dev.coracle.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.client.config.ApiConnection;
import dev.coracle.client.config.ConnectionConfig;
import dev.coracle.http.ClientRequest;
import dev.coracle.http.ClientResponse;
import dev.coracle.http.Headers;
import dev.coracle.http.HttpClient;
import java.io.IOException;
import java.time.Duration;

/**
 * Calls over HTTP(S), for components on another machine than the API server. Each watch has a
 * connection of its own; other calls share kept ones. Safe for any number of threads.
 */
public final class HttpsTransport implements Transport, AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(65);

  private final HttpClient client;
  private final ApiConnection connection;
  private final String userAgent;

  /**
   * @param userAgent names the component, such as {@code coracle-node}
   * @throws IOException when the configuration's files cannot be read or are of no use
   */
  public HttpsTransport(ConnectionConfig config, String userAgent) throws IOException {
    this.client = new HttpClient(1);
    this.userAgent = userAgent;
    try {
      this.connection = new ApiConnection(client, config);
    } catch (IOException | RuntimeException e) {
      client.close();
      throw e;
    }
  }

  @Override
  public Answer send(Call call) {
    try (ClientResponse response = exchange(request(call))) {
      return WireCalls.answer(call, response);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  @Override
  public JsonNode read(String path, String accept) {
    Headers headers = headers().set("Accept", accept);
    ClientRequest request = ClientRequest.of("GET", connection.basePath() + path, headers);
    try (ClientResponse response = exchange(request)) {
      return WireCalls.document(response);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  @Override
  public Watch watch(Call call, WatchHandler handler) {
    try {
      return WireCalls.watch(call, exchange(request(call)), handler);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private ClientResponse exchange(ClientRequest request) throws IOException {
    return connection.send(request, TIMEOUT);
  }

  private Headers headers() {
    return Headers.of("User-Agent", userAgent);
  }

  private ClientRequest request(Call call) {
    return WireCalls.request(call, connection.basePath(), headers());
  }

  private static StatusException unreachable(IOException e) {
    return StatusException.serviceUnavailable("the API server is unreachable: " + e.getMessage());
  }

  /** Ends every call and watch. */
  @Override
  public void close() {
    connection.close();
    client.close();
  }
}
