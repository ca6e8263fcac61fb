package dev.coracle.apiserver.connect;

import dev.coracle.http.tls.ClientTls;
import org.jspecify.annotations.Nullable;

/**
 * A server that a request is passed on to.
 *
 * @param host an address or a name
 * @param tls null for plain HTTP
 */
public record Target(String host, int port, @Nullable ClientTls tls) {

  String scheme() {
    return tls == null ? "http" : "https";
  }

  String authority() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
