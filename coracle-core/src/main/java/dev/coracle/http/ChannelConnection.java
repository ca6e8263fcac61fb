package dev.coracle.http;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;

/** What is known of one channel's two ends. */
final class ChannelConnection implements Connection {

  private final SocketAddress local;
  private final SocketAddress remote;
  private final boolean secure;
  private final List<X509Certificate> peerCertificates;

  /** Made when the TLS handshake, if there is one, is done. */
  ChannelConnection(Channel channel) {
    local = NettyRuntime.javaAddress(channel.localAddress());
    SocketAddress peer = channel.remoteAddress();
    remote = peer == null ? local : NettyRuntime.javaAddress(peer);
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    secure = tls != null;
    peerCertificates = tls == null ? List.of() : certificates(tls);
  }

  private static List<X509Certificate> certificates(SslHandler tls) {
    try {
      List<X509Certificate> known = new ArrayList<>();
      for (Certificate certificate : tls.engine().getSession().getPeerCertificates()) {
        if (certificate instanceof X509Certificate x509) {
          known.add(x509);
        }
      }
      return List.copyOf(known);
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }

  @Override
  public SocketAddress localAddress() {
    return local;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public boolean secure() {
    return secure;
  }

  @Override
  public List<X509Certificate> peerCertificates() {
    return peerCertificates;
  }
}
