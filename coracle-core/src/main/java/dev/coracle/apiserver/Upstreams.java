package dev.coracle.apiserver;

import dev.coracle.http.ClientTls;
import dev.coracle.http.HttpClient;
import dev.coracle.http.HttpOrigin;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The servers behind proxied requests, with their connections; made when first needed. */
final class Upstreams implements AutoCloseable {

  private static final int MOST = 256;

  private record Key(String host, int port, @Nullable ClientTls tls) {}

  private final Map<Key, HttpOrigin> origins = new LinkedHashMap<>(16, 0.75f, true);
  private @Nullable HttpClient client;

  /**
   * @param host an address or a name
   * @param tls null for plain HTTP
   */
  HttpOrigin origin(String host, int port, @Nullable ClientTls tls) {
    synchronized (origins) {
      HttpOrigin known = origins.get(new Key(host, port, tls));
      if (known != null) {
        return known;
      }
      HttpClient loops = client;
      if (loops == null) {
        loops = new HttpClient(1);
        client = loops;
      }
      String authority = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
      HttpOrigin origin =
          loops.origin(InetSocketAddress.createUnresolved(host, port), authority, tls);
      origins.put(new Key(host, port, tls), origin);
      if (origins.size() > MOST) {
        var eldest = origins.entrySet().iterator();
        eldest.next().getValue().close();
        eldest.remove();
      }
      return origin;
    }
  }

  @Override
  public void close() {
    synchronized (origins) {
      HttpClient loops = client;
      origins.values().forEach(HttpOrigin::close);
      origins.clear();
      if (loops != null) {
        loops.close();
      }
    }
  }
}
