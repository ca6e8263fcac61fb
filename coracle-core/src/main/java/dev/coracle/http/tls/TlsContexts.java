package dev.coracle.http.tls;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;
import java.net.Socket;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;

/** TLS settings in Netty's terms: BoringSSL where its library runs, else the JDK's TLS. */
public final class TlsContexts {

  private TlsContexts() {}

  public static SslProvider provider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
  }

  /**
   * @throws IllegalArgumentException when key and chain do not fit or are of no use
   */
  public static SslContext server(ServerTls tls, boolean http2) {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forServer(identity(tls.key(), tls.chain()))
              .sslProvider(provider())
              .protocols(protocols(tls.policy()))
              .ciphers(ciphers(tls.policy()), SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(alpn(http2));
      switch (tls.clientCertificates()) {
        case NONE -> builder.clientAuth(ClientAuth.NONE);
        case REQUESTED ->
            builder
                .clientAuth(ClientAuth.OPTIONAL)
                .trustManager(new TrustAnyone(tls.clientAuthorities()));
        case VERIFIED ->
            builder
                .clientAuth(ClientAuth.OPTIONAL)
                .trustManager(tls.clientAuthorities().toArray(X509Certificate[]::new));
      }
      return builder.build();
    } catch (SSLException e) {
      throw new IllegalArgumentException("TLS server certificate: " + e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException when key and chain do not fit or are of no use
   */
  public static SslContext client(ClientTls tls) {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forClient()
              .sslProvider(provider())
              .protocols("TLSv1.3", "TLSv1.2")
              .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(alpn(false));
      if (tls.insecure()) {
        builder.trustManager(new TrustAnyone(List.of())).endpointIdentificationAlgorithm(null);
      } else if (!tls.authorities().isEmpty()) {
        builder.trustManager(tls.authorities().toArray(X509Certificate[]::new));
      }
      PrivateKey key = tls.key();
      if (key != null) {
        builder.keyManager(identity(key, tls.chain()));
      }
      return builder.build();
    } catch (SSLException e) {
      throw new IllegalArgumentException("TLS client certificate: " + e.getMessage(), e);
    }
  }

  /** BoringSSL parses key and chain at the first handshake and keeps them. */
  private static KeyManagerFactory identity(PrivateKey key, List<X509Certificate> chain) {
    KeyManagerFactory factory = new KeyManagerFactoryWrapper(new SoleIdentity(key, chain));
    return provider() == SslProvider.JDK
        ? factory
        : new OpenSslCachingX509KeyManagerFactory(factory);
  }

  private static String[] protocols(TlsPolicy policy) {
    return policy.onlyTls13() ? new String[] {"TLSv1.3"} : new String[] {"TLSv1.3", "TLSv1.2"};
  }

  private static List<String> ciphers(TlsPolicy policy) {
    if (policy.cipherSuites().isEmpty()) {
      return Http2SecurityUtil.CIPHERS;
    }
    List<String> ciphers =
        new ArrayList<>(Http2SecurityUtil.CIPHERS.stream().filter(TlsContexts::isTls13).toList());
    ciphers.addAll(policy.cipherSuites());
    return ciphers;
  }

  private static boolean isTls13(String cipher) {
    return !cipher.contains("_WITH_");
  }

  static List<String> configurable() {
    return Http2SecurityUtil.CIPHERS.stream().filter(cipher -> !isTls13(cipher)).toList();
  }

  private static ApplicationProtocolConfig alpn(boolean http2) {
    List<String> protocols =
        http2
            ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
            : List.of(ApplicationProtocolNames.HTTP_1_1);
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        protocols);
  }

  /** Accepts every certificate: what it proves is decided by whoever asked for this. */
  private static final class TrustAnyone extends X509ExtendedTrustManager {

    private final List<X509Certificate> issuers;

    TrustAnyone(List<X509Certificate> issuers) {
      this.issuers = issuers;
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return issuers.toArray(X509Certificate[]::new);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}
  }
}
