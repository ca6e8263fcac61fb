package dev.coracle.http;

import dev.coracle.http.tls.ServerTls;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;

/** The connection a request came over. */
public interface Connection {

  SocketAddress localAddress();

  SocketAddress remoteAddress();

  /** Whether this is TLS. */
  boolean secure();

  /**
   * The peer's certificates, its own first; empty when it showed none. Nothing about them was
   * verified except possession of the key, unless the server's {@link ServerTls} says so.
   */
  List<X509Certificate> peerCertificates();
}
