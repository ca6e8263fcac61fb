package dev.coracle.auth;

import dev.coracle.api.UserInfo;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.naming.InvalidNameException;
import org.jspecify.annotations.Nullable;

/**
 * Users that a front proxy has authenticated and names in headers ({@code X-Remote-User}, {@code
 * -Uid}, {@code -Group}, {@code -Extra-*}). The proxy proves itself by a client certificate of an
 * authority of its own.
 */
public final class RequestHeaderAuthenticator implements Authenticator {

  /**
   * How the front proxy speaks.
   *
   * @param allowedNames common names of its certificate; empty for any
   * @param userHeaders tried in order; the first with a value counts
   * @param uidHeaders likewise
   * @param groupHeaders all values of all of them
   * @param extraPrefixes of headers whose rest is the key of extra values
   */
  public record Names(
      List<String> allowedNames,
      List<String> userHeaders,
      List<String> uidHeaders,
      List<String> groupHeaders,
      List<String> extraPrefixes) {

    public Names {
      allowedNames = List.copyOf(allowedNames);
      userHeaders = List.copyOf(userHeaders);
      uidHeaders = List.copyOf(uidHeaders);
      groupHeaders = List.copyOf(groupHeaders);
      extraPrefixes = List.copyOf(extraPrefixes);
    }
  }

  private final CertificateVerifier verifier;
  private final Names names;

  /**
   * @param verifier of the front proxy's certificate
   */
  public RequestHeaderAuthenticator(CertificateVerifier verifier, Names names) {
    this.verifier = verifier;
    this.names = names;
  }

  @Override
  public Result authenticate(AuthenticationRequest request) {
    String user = first(request, names.userHeaders());
    if (request.peerCertificates().isEmpty() || user.isEmpty()) {
      return new Result.Anonymous();
    }
    @Nullable String why = verifier.refusal(request.peerCertificates());
    if (why != null) {
      return new Result.Rejected(why);
    }
    try {
      String commonName =
          ClientCertificateAuthenticator.commonName(request.peerCertificates().getFirst());
      if (!names.allowedNames().isEmpty() && !names.allowedNames().contains(commonName)) {
        return new Result.Rejected(
            "x509: subject with cn=" + commonName + " is not in the allowed list");
      }
    } catch (InvalidNameException e) {
      return new Result.Rejected("the client certificate can't be read: " + e.getMessage());
    }
    List<String> groups = new ArrayList<>();
    for (String header : names.groupHeaders()) {
      for (String value :
          request.headers().getOrDefault(header.toLowerCase(Locale.ROOT), List.of())) {
        if (!value.isEmpty()) {
          groups.add(value);
        }
      }
    }
    return new Result.Authenticated(
        new UserInfo(user, first(request, names.uidHeaders()), groups, extra(request)));
  }

  private static String first(AuthenticationRequest request, List<String> headers) {
    for (String header : headers) {
      String value = request.header(header.toLowerCase(Locale.ROOT));
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private Map<String, List<String>> extra(AuthenticationRequest request) {
    Map<String, List<String>> extra = new TreeMap<>();
    for (String prefix : names.extraPrefixes()) {
      String lower = prefix.toLowerCase(Locale.ROOT);
      request
          .headers()
          .forEach(
              (header, values) -> {
                if (header.startsWith(lower)) {
                  String key = unescaped(header.substring(lower.length()));
                  extra.computeIfAbsent(key, any -> new ArrayList<>()).addAll(values);
                }
              });
    }
    return extra;
  }

  private static String unescaped(String key) {
    try {
      return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Not escaped, then: Kubernetes takes it as it is.
      return key;
    }
  }
}
