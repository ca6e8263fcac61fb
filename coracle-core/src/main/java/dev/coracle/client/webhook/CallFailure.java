package dev.coracle.client.webhook;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** Says why a call failed in the words that clients of Kubernetes know. */
final class CallFailure {

  /** The connection ended before the answer. */
  static final String CLOSED = "EOF";

  private static final String UNVERIFIED = "tls: failed to verify certificate: x509: ";
  private static final int MOST_CAUSES = 16;

  private CallFailure() {}

  /**
   * @param address of the server, with its port
   * @param serverName that its certificate should have
   */
  static String text(Throwable failure, String address, String serverName) {
    int depth = 0;
    for (Throwable cause = failure;
        cause != null && depth < MOST_CAUSES;
        cause = cause.getCause(), depth++) {
      String known = known(cause, address, serverName);
      if (known != null) {
        return known;
      }
    }
    String message = String.valueOf(failure.getMessage());
    return message.contains("closed the connection") || message.contains("connection is closed")
        ? CLOSED
        : message;
  }

  private static @org.jspecify.annotations.Nullable String known(
      Throwable cause, String address, String serverName) {
    String message = String.valueOf(cause.getMessage());
    return switch (cause) {
      case UnknownHostException unknown -> "dial tcp: lookup " + host(address) + ": no such host";
      case CertificateExpiredException expired ->
          UNVERIFIED + "certificate has expired or is not yet valid: " + message;
      case CertificateNotYetValidException early ->
          UNVERIFIED + "certificate has expired or is not yet valid: " + message;
      case CertificateException certificate when message.contains("match") ->
          UNVERIFIED + "certificate is not valid for " + serverName;
      case CertPathValidatorException path
          when path.getReason() == CertPathValidatorException.BasicReason.EXPIRED ->
          UNVERIFIED + "certificate has expired or is not yet valid: " + message;
      case java.security.cert.CertPathBuilderException path ->
          UNVERIFIED + "certificate signed by unknown authority";
      case SocketTimeoutException late -> "context deadline exceeded";
      case ConnectException refused when message.toLowerCase(Locale.ROOT).contains("refused") ->
          "dial tcp " + address + ": connect: connection refused";
      case ConnectException slow when message.contains("timed out") ->
          "dial tcp " + address + ": i/o timeout";
      case SSLException tls when message.contains("not an SSL/TLS record") ->
          "http: server gave HTTP response to HTTPS client";
      default -> null;
    };
  }

  private static String host(String address) {
    return address.substring(0, address.lastIndexOf(':'));
  }
}
