package dev.coracle.http;

import dev.coracle.http.tls.ClientTls;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Many servers with their kept connections, each made when first needed; the one that was unused
 * for longest goes when there are too many.
 */
public final class HttpOrigins implements AutoCloseable {

  private static final int MOST = 256;

  private record Key(String host, int port, @Nullable ClientTls tls) {}

  private final Map<Key, HttpOrigin> origins = new LinkedHashMap<>(16, 0.75f, true);
  private @Nullable HttpClient client;
  private boolean closed;

  /**
   * @param host an address or a name
   * @param tls null for plain HTTP
   * @throws IllegalArgumentException when certificates or keys are of no use
   */
  public HttpOrigin origin(String host, int port, @Nullable ClientTls tls) {
    return origin(host, port, tls, (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
  }

  /**
   * As above.
   *
   * @param authority for the Host header, where it is not the address
   */
  public HttpOrigin origin(String host, int port, @Nullable ClientTls tls, String authority) {
    synchronized (origins) {
      Key key = new Key(host, port, tls);
      HttpOrigin known = origins.get(key);
      if (known != null && known.authority().equals(authority)) {
        return known;
      }
      if (closed) {
        throw new IllegalStateException("closed");
      }
      HttpClient loops = client;
      if (loops == null) {
        loops = new HttpClient(1);
        client = loops;
      }
      HttpOrigin origin =
          loops.origin(InetSocketAddress.createUnresolved(host, port), authority, tls);
      HttpOrigin before = origins.put(key, origin);
      if (before != null) {
        before.close();
      }
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
      closed = true;
      HttpClient loops = client;
      origins.values().forEach(HttpOrigin::close);
      origins.clear();
      if (loops != null) {
        loops.close();
      }
    }
  }
}
